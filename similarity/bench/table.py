"""The bench's figures as tables: the index at each size of the collection, and compared with the rivals."""

from __future__ import annotations

from typing import Any

from rich.table import Table


def tables(figures: dict[str, Any]) -> list[Table]:
    """One table over all sizes of the collection, and one that compares with the rivals where they were measured."""
    shown = [_growth(figures["sizes"])]
    if any(size["rivals"] for size in figures["sizes"]):
        shown.append(_comparison(figures["sizes"]))
    return shown


def _growth(sizes: list[dict[str, Any]]) -> Table:
    table = Table("", *(f"{size['docs']:,}" for size in sizes), title="Xinwen", title_justify="left")
    for name, path, unit in (
        ("30 words, p50", "p50_ms", "ms"),
        ("30 words, p95", "p95_ms", "ms"),
        ("a whole article, p95", "long.p95_ms", "ms"),
        ("30 words with a filter, p95", "with_filter.p95_ms", "ms"),
        ("30 words with the articles read, p95", "with_articles.p95_ms", "ms"),
        ("the default model, articles read, p50", "default.p50_ms", "ms"),
        ("the default model, articles read, p95", "default.p95_ms", "ms"),
        ("ratio to BM25, articles read, p50", "default_times_bm25.p50_ms", "times"),
        ("ratio to BM25, articles read, p95", "default_times_bm25.p95_ms", "times"),
        ("ratio to BM25, each query by both in turn, p50", "in_turn.times.p50_ms", "times"),
        ("ratio to BM25, each query by both in turn, p95", "in_turn.times.p95_ms", "times"),
        ("the default model, a new query, p95", "default_first.p95_ms", "ms"),
        ("queries per second, many in parallel", "many.per_second", ""),
        ("tf-idf, first query after a change", "models.tfidf.first_s", "s"),
        ("first start, from MongoDB", "first_open.open_s", "s"),
        ("second start", "second_open.open_s", "s"),
        ("memory of a reader", "memory.rss_mib", "MiB"),
        ("of it private, not shared", "memory.own_mib", "MiB"),
        ("adding an article: write", "adding.write_ms", "ms"),
        ("adding an article: refresh", "adding.refresh_ms", "ms"),
        ("packed vector of an article", "stored.vector_bytes", "bytes"),
        ("segments and their index, per article", "stored.segment_bytes", "bytes"),
        ("dictionary", "stored.dictionary_mib", "MiB"),
        ("packing all", "stored.compact_s", "s"),
    ):
        table.add_row(name, *(f"{_at(size['xinwen'], path):,} {unit}".strip() for size in sizes))
    return table


def _comparison(sizes: list[dict[str, Any]]) -> Table:
    table = Table("articles", "", "p50 ms", "p95 ms", "a whole article", "memory MiB", "built s", "times slower")
    for size in sizes:
        for name, measured in {"xinwen": size["xinwen"], **size["rivals"]}.items():
            table.add_row(
                f"{size['docs']:,}",
                name,
                f"{measured['p50_ms']}",
                f"{measured['p95_ms']}",
                f"{measured['long']['p95_ms']}",
                f"{measured['memory']['rss_mib']:,}",
                f"{measured.get('build_s', size['xinwen']['stored']['compact_s'])}",
                f"{size['times_faster'].get(name, 1)}",
            )
    return table


def _at(figures: dict[str, Any], path: str) -> Any:
    for name in path.split("."):
        figures = figures[name]
    return figures
