"""Fills the tables of ``docs/relevance.md`` and its Chinese edition from the stored floors and thresholds.

Each table stands between two HTML comments, ``<!-- NAME: begin -->`` and ``<!-- NAME: end -->``. The names are
``sets``, ``scores``, ``targets`` and ``middle``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from similarity.errors import QueryError
from similarity.evaluation.floors import Floor, Floors, FloorsError
from similarity.ranking.thresholds import ModelThresholds

_DOCS = Path(__file__).parents[2] / "docs"

PAGES = {"en": _DOCS / "relevance.md", "zh": _DOCS / "relevance.zh-CN.md"}

_SETS = {
    "xquad_zh": ("中文问题找中文段落", "Chinese questions, Chinese paragraphs"),
    "cranfield": ("英文问题找英文摘要", "English questions, English abstracts"),
    "xquad_zh_en": ("中文问题找英文段落", "Chinese questions, English paragraphs"),
    "wmt21_zh_en": ("中文句子找它的英文译文", "Chinese sentences, their English translations"),
    "lcqmc": ("两个中文问句是否同义", "do two Chinese questions mean the same"),
    "lee50": ("与人打的相似分是否一致", "agreement with people's ratings of likeness"),
    "stories": ("一篇英文与五种中文译文归为一组", "an English text and five Chinese versions, grouped"),
    "project/stories": ("本项目写的新闻分组", "news groups written for this project"),
}
_MEASURES = {
    "nDCG@10": ("前十排序 nDCG@10", "nDCG@10"),
    "P@1": ("第一条就对 P@1", "P@1"),
    "F1 at best F1": ("F1", "F1"),
    "accuracy at best accuracy": ("准确率", "accuracy"),
    "Pearson": ("相关系数 Pearson", "Pearson"),
    "precision": ("查准率", "precision"),
    "recall": ("查全率", "recall"),
}
_SCORES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_TARGETS = (0.7, 0.8, 0.9, 0.95)


def tables(floors: Floors, thresholds: Sequence[ModelThresholds], language: str) -> dict[str, str]:
    """The tables of a page by name, in *language*, ``zh`` or ``en``.

    *thresholds* are those of the default model without and with encoder.
    """
    chinese = language == "zh"
    without, with_encoder = sorted(thresholds, key=lambda measured: measured.encoder)
    return {
        "sets": "\n".join(_sets(floors, chinese)),
        "scores": "\n".join(_scores(with_encoder, without, chinese)),
        "targets": "\n".join(_targets(with_encoder, without, chinese)),
        "middle": _middle(with_encoder, without, chinese),
    }


def filled(page: str, language: str, floors: Floors, thresholds: Sequence[ModelThresholds]) -> str:
    """*page* with its tables replaced by today's. Raises FloorsError when a comment is missing or stands twice."""
    for name, table in tables(floors, thresholds, language).items():
        begin, end = (f"<!-- {name}: {edge} -->" for edge in ("begin", "end"))
        if page.count(begin) != 1 or page.count(end) != 1:
            raise FloorsError(f"{PAGES[language].name} has no place for the table {name}: {begin} … {end}")
        head, rest = page.split(begin)
        page = f"{head}{begin}\n{table}\n{end}{rest.split(end)[1]}"
    return page


def write_pages(floors: Floors, thresholds: Sequence[ModelThresholds]) -> None:
    """Fill the pages of both languages. Raises FloorsError, before anything is written."""
    pages = {path: filled(path.read_text("utf-8"), language, floors, thresholds) for language, path in PAGES.items()}
    for path, page in pages.items():
        path.write_text(page, encoding="utf-8")


def _sets(floors: Floors, chinese: bool) -> Iterator[str]:
    heads = (
        ("测试集", "任务", "指标", "有编码器", "无编码器")
        if chinese
        else ("set", "task", "measure", "with encoder", "without")
    )
    yield from _head(heads, 3)
    for name, tasks in _SETS.items():
        with_encoder, without = (_whole_set(floors, name, encoder) for encoder in (True, False))
        for measure, names in _MEASURES.items():
            if measure in with_encoder.values:
                values = (f"{100 * floor.values[measure]:.1f}" for floor in (with_encoder, without))
                yield _row((f"`{name}`", tasks[not chinese], names[not chinese], *values))


def _scores(with_encoder: ModelThresholds, without: ModelThresholds, chinese: bool) -> Iterator[str]:
    heads = (
        ("分数 ≥", "查准率", "查全率", "每个问题的答案数", "无编码器：查准率", "查全率")
        if chinese
        else ("score ≥", "precision", "recall", "answers per query", "without encoder: precision", "recall")
    )
    yield from _head(heads, 0)
    for score in _SCORES:
        _, precision, recall, answers = with_encoder.at(score)
        _, precision_without, recall_without, _ = without.at(score)
        shares = [f"{100 * share:.1f} %" for share in (precision, recall, precision_without, recall_without)]
        yield _row((f"{score:.1f}", shares[0], shares[1], f"{answers:.2f}", shares[2], shares[3]))


def _targets(with_encoder: ModelThresholds, without: ModelThresholds, chinese: bool) -> Iterator[str]:
    heads = (
        ("要求的查准率", "分数门槛", "无编码器") if chinese else ("target precision", "threshold", "without encoder")
    )
    yield from _head(heads, 0)
    for target in _TARGETS:
        cells = (_threshold(measured, target, chinese) for measured in (with_encoder, without))
        yield _row((f"{100 * target:.0f} %", *cells))


def _threshold(measured: ModelThresholds, target: float, chinese: bool) -> str:
    try:
        return f"{measured.reaching(target):.2f}"
    except QueryError:
        return "达不到" if chinese else "not reached"


def _middle(with_encoder: ModelThresholds, without: ModelThresholds, chinese: bool) -> str:
    share, share_without = (f"{100 * measured.right_between(0.45, 0.55):.0f} %" for measured in (with_encoder, without))
    if chinese:
        return (
            f"在这四个测试集上，分数在 0.45 与 0.55 之间的答案有 **{share}** 是对的（没有编码器时 {share_without}）。"
        )
    return (
        f"On these four sets **{share}** of the answers with a score from 0.45 to 0.55 were right "
        f"(without the encoder {share_without})."
    )


def _whole_set(floors: Floors, name: str, encoder: bool) -> Floor:
    return next(floor for floor in floors.floors if (floor.name, floor.encoder, floor.every) == (name, encoder, 1))


def _head(heads: Sequence[str], text_columns: int) -> Iterator[str]:
    yield _row(heads)
    yield "|" + "---|" * text_columns + "--:|" * (len(heads) - text_columns)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
