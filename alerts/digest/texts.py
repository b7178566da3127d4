"""A digest as Markdown, plain text, HTML or JSON, in Chinese or English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from html import escape
from urllib.parse import urlsplit

from alerts.digest.contents import Digest, DigestReport, DigestStory
from alerts.messages import link_of, without_markup
from similarity.answers.fields import to_json
from similarity.option_values import TIME_ZONE

LANGUAGES = ("zh", "en")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|])")
_SUMMARY = 160  # characters
_CATEGORIES = {"行业协会": "Associations", "半导体科技": "Chip makers", "咨询": "Consultancies",
               "金融财务": "Finance", "媒体": "Media", "": "Other sources"}  # fmt: skip
_WORDS = {
    "name": ("芯闻", "Xinwen"),
    "counts": (
        "{articles} 篇文章，{stories} 条新闻，{sources} 个来源",
        "{articles} articles, {stories} stories, {sources} sources",
    ),
    "quiet": ("没有新消息", "nothing new"),
    "biggest": ("多家报道", "Reported by several"),
    "reports": ("新报告与公告", "New reports and filings"),
    "numbers": ("数据", "Numbers"),
    "rising": ("升温的词", "Rising terms"),
    "watches": ("订阅", "Watches"),
    "troubled": ("有问题的来源", "Sources with trouble"),
    "more": ("另有 {number} 条", "and {number} more"),
    "left": ("其余 {number} 行从略：xinwen digest", "{number} more lines: xinwen digest"),
    "notified": ("{number} 条", "{number} notified"),
    "rose": ("{articles} 篇，此前 {before} 篇", "{articles} articles, {before} before"),
    "year": ("{year} 年", "{year}"),
    "quarter": ("{year} 年第 {quarter} 季度", "Q{quarter} {year}"),
    "": ("其他来源", "Other sources"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a section: its text, where it leads, and what stands behind it."""

    text: str
    url: str = ""
    note: str = ""


Section = tuple[str, list[Line]]


def markdown(found: Digest, language: str) -> str:
    """*found* as Markdown."""

    def line(one: Line) -> str:
        text = _MARKDOWN.sub(r"\\\1", one.text)
        linked = f"[{text}](<{one.url}>)" if one.url else text
        note = _MARKDOWN.sub(r"\\\1", one.note)
        return f"- {linked}" + (f" — {note}" if note else "")

    return _written(found, language, "# {}", "## {}", line)


def robot_markdown(found: Digest, language: str) -> str:
    """*found* as the robots of WeCom and DingTalk read Markdown, which know no escapes."""

    def line(one: Line) -> str:
        text, url = without_markup(one.text), link_of(one.url)
        linked = f"[{text}]({url})" if url else text
        return f"- {linked}" + (f" — {without_markup(one.note)}" if one.note else "")

    return _written(found, language, "# {}", "## {}", line)


def plain_text(found: Digest, language: str) -> str:
    """*found* as text for a terminal or a mail."""

    def line(one: Line) -> str:
        note = f" ({one.note})" if one.note else ""
        return f"* {one.text}{note}" + (f"\n  {one.url}" if one.url else "")

    return _written(found, language, "{}", "== {} ==", line)


def html(found: Digest, language: str) -> str:
    """*found* as a page that stands alone, without pictures or scripts."""
    title, counts, sections = _parts(found, language)
    body = [f"<h1>{escape(title)}</h1>", f"<p>{escape(counts)}</p>"]
    if not sections:
        body = [f"<p>{escape(_one_line(title, counts, language))}</p>"]
    for heading, lines in sections:
        body += [f"<h2>{escape(heading)}</h2>", "<ul>", *(f"<li>{_html_line(one)}</li>" for one in lines), "</ul>"]
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if language == "zh" else "en"}">\n<head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head>\n"
        '<body style="font-family:sans-serif;max-width:48em;line-height:1.5">\n'
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def json(found: Digest, language: str) -> str:
    """*found* as one JSON object; *language* chose its titles."""
    fields = asdict(found) | {"quiet": found.is_quiet, "language": language}
    del fields["names"], fields["story_ids"]
    return to_json(fields, indent=2).decode() + "\n"


def short(found: Digest, language: str, most: int, write: Callable[[Digest, str], str]) -> str:
    """What *write* (``robot_markdown`` or ``plain_text``) gives, cut between lines so that it has at most *most* bytes.

    The last line then says how many lines are left out.
    """
    lines = write(found, language).splitlines()
    for kept in range(len(lines), 0, -1):
        rest = [] if kept == len(lines) else ["", _word("left", language, number=f"{len(lines) - kept:,}")]
        text = "\n".join([*lines[:kept], *rest]) + "\n"
        if len(text.encode()) <= most:
            return text
    return title_of(found, language) + "\n"


FORMATS: dict[str, Callable[[Digest, str], str]] = {"md": markdown, "html": html, "text": plain_text, "json": json}
"""How a digest is written, by the name of the format."""


def title_of(found: Digest, language: str) -> str:
    """The first line, or the subject of a mail: the day, or the days."""
    first, last = found.since.astimezone(TIME_ZONE), (found.until - timedelta(seconds=1)).astimezone(TIME_ZONE)
    span = f"{first:%Y-%m-%d}" if first.date() == last.date() else f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"
    return f"{_word('name', language)} {span}"


def _written(found: Digest, language: str, top: str, head: str, line: Callable[[Line], str]) -> str:
    title, counts, sections = _parts(found, language)
    if not sections:
        return _one_line(title, counts, language) + "\n"
    written = [top.format(title), "", counts]
    for heading, lines in sections:
        written += ["", head.format(heading), "", *map(line, lines)]
    return "\n".join(written) + "\n"


def _one_line(title: str, counts: str, language: str) -> str:
    return f"{title}{'：' if language == 'zh' else ': '}{counts}"


def _parts(found: Digest, language: str) -> tuple[str, str, list[Section]]:
    """Title, counts and sections; of a quiet span no sections."""
    if found.is_quiet:
        return title_of(found, language), _word("quiet", language), []
    numbers = {name: f"{getattr(found, name):,}" for name in ("articles", "stories", "sources")}
    return title_of(found, language), _word("counts", language, **numbers), [*_sections(found, language)]


def _sections(found: Digest, language: str) -> Iterator[Section]:
    def section(name: str, lines: list[Line]) -> Iterator[Section]:
        if more := found.more.get(name):
            lines.append(Line(_word("more", language, number=f"{more:,}")))
        if lines:
            heading = _CATEGORIES.get(name, name) if language == "en" and name not in _WORDS else name
            yield (_word(name, language) if name in _WORDS else heading), lines

    yield from section("biggest", [_story_line(one, found, language) for one in found.biggest])
    for category, news in found.categories.items():
        yield from section(category, [_story_line(one, found, language) for one in news])
    yield from section("reports", [_report_line(one, found, language) for one in found.reports])
    yield from section("numbers", [_report_line(one, found, language) for one in found.numbers])
    rising = []
    for term in found.rising:
        name = (term.chinese if language == "zh" else term.english) or term.word
        note = _word("rose", language, articles=term.articles, before=term.before)
        rising.append(Line(_clean(name), note=note))
    yield from section("rising", rising)
    by_watch = []
    for one in found.watches:
        by_watch.append(Line(_clean(one.watch), note=_word("notified", language, number=f"{one.stories:,}")))
    yield from section("watches", by_watch)
    yield from section(
        "troubled", [Line(_name(one.source, found, language), note=_clean(one.why)) for one in found.troubled]
    )


def _story_line(story: DigestStory, found: Digest, language: str) -> Line:
    sources = [story.source, *(one for one in story.sources if one != story.source)]
    names = [_name(one, found, language) for one in sources]
    return Line(_clean(story.title), _link(story.url), ("、" if language == "zh" else ", ").join(names))


def _report_line(report: DigestReport, found: Digest, language: str) -> Line:
    period = ""
    if report.year:
        name = "quarter" if report.quarter else "year"
        period = _word(name, language, year=report.year, quarter=report.quarter)
    summary = _clean(report.summary) if report.kind == "data" else ""
    shown = summary[:_SUMMARY] + ("…" if len(summary) > _SUMMARY else "")
    about = _clean(report.company) or _name(report.source, found, language)
    note = ("，" if language == "zh" else ", ").join(filter(None, [about, period, shown]))
    return Line(_clean(report.title), _link(report.url), note)


def _html_line(one: Line) -> str:
    text = f'<a href="{escape(one.url)}">{escape(one.text)}</a>' if one.url else escape(one.text)
    return text + (f" <small>{escape(one.note)}</small>" if one.note else "")


def _name(source: str, found: Digest, language: str) -> str:
    return _clean(found.names.get(source, (source, source))[language == "en"])


def _word(name: str, language: str, **values: object) -> str:
    return _WORDS[name][language == "en"].format(**values)


def _clean(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _link(url: str) -> str:
    """*url* if it leads to the web and cannot end the link that it stands in."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_safe = parts.scheme in ("http", "https") and parts.netloc and url.isprintable()
    return url.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20") if is_safe else ""
