"""Leaves out the standing part of a release ("About …", contacts), and keeps the statements that follow it."""

from __future__ import annotations

import re

_MAX_MARK = 60  # characters of the line that begins a standing part
_MAX_HEADING = 120  # of the heading of a statement
_MIN_SHARE_BEFORE = 0.4  # of the text; a heading "About …" further up belongs to the article
_WITHIN = 8  # lines below its heading a statement has figures
_MAX_LABEL = 80  # letters beside the figures of a row
_MARK = re.compile(
    r"#(?: ?#)+|-30-|-?(?i:ends?)-|(?:About|ABOUT) [A-Z][\w.&'-]*(?: [\w.&'-]+){0,5}:?|关于[\w·]{2,20}[:：]?"
    r"|(?i:(?:(?:press|investor|company|media|ir) (?:relations )?contacts?|about the authors?(?:\(s\))?):?)"
    r"|(?:媒体|新闻|投资者)(?:关系)?联系(?:人|方式)?[:：]?"
)
_STATEMENT = re.compile(
    r"\b(?:statements? of (?!work)|balance sheets?|income statements?|cash flow|non-?gaap|reconciliations? (?:of|to)"
    r"|key (?:figures|metrics)|results of operations"
    r"|(?:financial|supplement\w*|operating) (?:tables?|data|highlights|summary|information|statements?|results))\b"
    r"|(?:利润|损益|收益|资产负债|现金流量|权益变动|财务)(?:表|报表|数据|摘要|状况表)|主要(?:财务|会计)(?:数据|指标)",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"(?<![\w.])[-+(]?[$€£¥￥]?\(?\d[\d,.]*\)?\s?[%％]?\)?(?!\w)")
_NO_FIGURES = re.compile(r"@|https?:|www\.|\b(?:tel|phone|fax|mobile)\b|电话|传真|邮箱|\+\s?\d", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE_END = tuple(".!?。！？")


def without_standing_parts(paragraphs: list[str]) -> list[str]:
    """*paragraphs* without the parts from a mark of a standing part to the next statements, or to the end."""
    length = sum(len(text) for text in paragraphs if not is_figures(text))
    kept: list[str] = []
    seen = index = 0
    while index < len(paragraphs):
        text = paragraphs[index]
        if seen >= _MIN_SHARE_BEFORE * length and len(text) <= _MAX_MARK and _MARK.fullmatch(text):
            index = _statements_after(paragraphs, index)
            continue
        kept.append(text)
        seen += len(text)
        index += 1
    return kept


def _statements_after(paragraphs: list[str], mark: int) -> int:
    """Where behind *mark* the first statement begins, with the lines of its heading; the end where there is none."""
    for index in range(mark + 1, len(paragraphs)):
        below = paragraphs[index + 1 : index + 1 + _WITHIN]
        heads = _is_heading(paragraphs[index]) and any(map(is_figures, below))
        rows = is_figures(paragraphs[index]) and bool(below) and is_figures(below[0])
        if heads or rows:
            while index - 1 > mark and _names_company(paragraphs[index - 1]):
                index -= 1
            return index
    return len(paragraphs)


def _is_heading(text: str) -> bool:
    return len(text) <= _MAX_HEADING and not text.endswith(_SENTENCE_END) and bool(_STATEMENT.search(text))


def _names_company(text: str) -> bool:
    """Is *text* the line with the company above the name of its statement?"""
    return len(text) <= _MAX_MARK and not _MARK.fullmatch(text) and (text.isupper() or text.endswith("公司"))


def is_figures(text: str) -> bool:
    """Is *text* a row of figures, with no more than a label beside them?"""
    if _NO_FIGURES.search(text) or text.endswith(("。", "！", "？")):
        return False
    return len(_FIGURE.findall(text)) > 1 and len(_LETTER.findall(text)) <= _MAX_LABEL
