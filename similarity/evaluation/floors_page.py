"""The figures of ``docs/relevance.md``, made from the floors and thresholds, so that the page says what is so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from similarity.errors import QueryError
from similarity.floors import Floor, Floors, FloorsError
from similarity.thresholds import Measured

PAGE = Path(__file__).parents[1] / "docs" / "relevance.md"

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
_WANTED = (0.7, 0.8, 0.9, 0.95)


def tables(floors: Floors, measured: Sequence[Measured], language: str) -> dict[str, str]:
    """What stands on the page by name (``sets``, ``scores``, ``wanted``, ``middle``), *language* ``zh`` or ``en``."""
    chinese = language == "zh"
    return {
        "sets": "\n".join(_sets(floors, chinese)),
        "scores": "\n".join(_scores(measured, chinese)),
        "wanted": "\n".join(_wanted(measured, chinese)),
        "middle": _middle(measured, chinese),
    }


def filled(page: str, floors: Floors, measured: Sequence[Measured]) -> str:
    """*page* with the tables between its marks made anew. Raises FloorsError when a mark is missing."""
    for language in ("zh", "en"):
        for name, table in tables(floors, measured, language).items():
            begin, end = (f"<!-- {name} {language}: {edge} -->" for edge in ("begin", "end"))
            if page.count(begin) != 1 or page.count(end) != 1:
                raise FloorsError(f"{PAGE.name} has no place for the table {name} in {language}: {begin} … {end}")
            head, rest = page.split(begin)
            page = f"{head}{begin}\n{table}\n{end}{rest.split(end)[1]}"
    return page


def _sets(floors: Floors, chinese: bool) -> Iterator[str]:
    heads = (
        ("测试集", "任务", "指标", "有编码器", "无编码器")
        if chinese
        else ("set", "task", "measure", "with encoder", "without")
    )
    yield from _head(heads, 3)
    for name, told in _SETS.items():
        with_it, without = (_whole(floors, name, encoder) for encoder in (True, False))
        for measure, names in _MEASURES.items():
            if measure in with_it.values:
                values = (f"{100 * one.values[measure]:.1f}" for one in (with_it, without))
                yield _row((f"`{name}`", told[not chinese], names[not chinese], *values))


def _scores(measured: Sequence[Measured], chinese: bool) -> Iterator[str]:
    heads = (
        ("分数 ≥", "查准率", "查全率", "每个问题的答案数", "无编码器：查准率", "查全率")
        if chinese
        else ("score ≥", "precision", "recall", "answers a query", "without encoder: precision", "recall")
    )
    yield from _head(heads, 0)
    without, with_it = sorted(measured, key=_encoder_of)
    for score in _SCORES:
        _, precision, recall, each = with_it.at(score)
        _, plain_precision, plain_recall, _ = without.at(score)
        shares = [f"{100 * share:.1f} %" for share in (precision, recall, plain_precision, plain_recall)]
        yield _row((f"{score:.1f}", shares[0], shares[1], f"{each:.2f}", shares[2], shares[3]))


def _wanted(measured: Sequence[Measured], chinese: bool) -> Iterator[str]:
    heads = (
        ("要求的查准率", "分数门槛", "无编码器") if chinese else ("precision wanted", "threshold", "without encoder")
    )
    yield from _head(heads, 0)
    without, with_it = sorted(measured, key=_encoder_of)
    for wanted in _WANTED:
        yield _row((f"{100 * wanted:.0f} %", *(_threshold(one, wanted, chinese) for one in (with_it, without))))


def _threshold(one: Measured, wanted: float, chinese: bool) -> str:
    try:
        return f"{one.reaching(wanted):.2f}"
    except QueryError:
        return "达不到" if chinese else "not reached"


def _middle(measured: Sequence[Measured], chinese: bool) -> str:
    without, with_it = (f"{100 * one.right_between(0.45, 0.55):.0f} %" for one in sorted(measured, key=_encoder_of))
    if chinese:
        return f"在这四个测试集上，分数在 0.45 与 0.55 之间的答案有 **{with_it}** 是对的（没有编码器时 {without}）。"
    said = f"On these four sets **{with_it}** of the answers scored 0.45 to 0.55 were right"
    return f"{said} (without the encoder {without})."


def _encoder_of(one: Measured) -> str:
    return one.encoder


def _whole(floors: Floors, name: str, encoder: bool) -> Floor:
    return next(one for one in floors.floors if (one.name, one.encoder, one.every) == (name, encoder, 1))


def _head(heads: Sequence[str], words: int) -> Iterator[str]:
    yield _row(heads)
    yield "|" + "---|" * words + "--:|" * (len(heads) - words)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
