"""The bench's figures as tables: how the index grows, and how it stands beside the others."""

from __future__ import annotations

from typing import Any

from rich.table import Table


def tables(found: dict[str, Any]) -> list[Table]:
    """One table over all sizes of the collection, one of times beside the rivals where there are any."""
    shown = [_growth(found["sizes"])]
    if any(size["rivals"] for size in found["sizes"]):
        shown.append(_beside(found["sizes"]))
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
        ("of that of BM25 with the articles, p50", "default_times_bm25.p50_ms", "times"),
        ("of that of BM25 with the articles, p95", "default_times_bm25.p95_ms", "times"),
        ("the same with each question asked of both, p50", "in_turn.times.p50_ms", "times"),
        ("the same with each question asked of both, p95", "in_turn.times.p95_ms", "times"),
        ("the default model, a question that is new, p95", "default_first.p95_ms", "ms"),
        ("many at once, a second", "many.per_second", ""),
        ("tf-idf, first after a change", "models.tfidf.first_s", "s"),
        ("first start, from MongoDB", "first_open.open_s", "s"),
        ("second start", "second_open.open_s", "s"),
        ("memory of a reader", "memory.rss_mib", "MiB"),
        ("of it its own, not shared", "memory.own_mib", "MiB"),
        ("adding an article: write", "adding.write_ms", "ms"),
        ("adding an article: refresh", "adding.refresh_ms", "ms"),
        ("packed vector of an article", "stored.vector_bytes", "bytes"),
        ("segments and their index, an article", "stored.segment_bytes", "bytes"),
        ("dictionary", "stored.dictionary_mib", "MiB"),
        ("packing all", "stored.compact_s", "s"),
    ):
        table.add_row(name, *(f"{_at(size['xinwen'], path):,} {unit}".strip() for size in sizes))
    return table


def _beside(sizes: list[dict[str, Any]]) -> Table:
    table = Table("articles", "", "p50 ms", "p95 ms", "a whole article", "memory MiB", "built s", "times slower")
    for size in sizes:
        for name, one in {"xinwen": size["xinwen"], **size["rivals"]}.items():
            table.add_row(
                f"{size['docs']:,}",
                name,
                f"{one['p50_ms']}",
                f"{one['p95_ms']}",
                f"{one['long']['p95_ms']}",
                f"{one['memory']['rss_mib']:,}",
                f"{one.get('build_s', size['xinwen']['stored']['compact_s'])}",
                f"{size['times_faster'].get(name, 1)}",
            )
    return table


def _at(figures: dict[str, Any], path: str) -> Any:
    for name in path.split("."):
        figures = figures[name]
    return figures
