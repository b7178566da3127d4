"""A page in the making: each text that belongs to the body is written down as expected while the markup is made."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from html import escape
from random import Random

from tests.extraction.texts import Writer

SITES = {"en": ("Valley Chip News", "www.valleychip.example"), "zh": ("河谷芯闻网", "www.heguxinwen.example")}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@dataclass(frozen=True)
class Case:
    """A page with its address and what is right."""

    name: str
    group: str
    data: bytes
    url: str
    title: str
    published: date | None
    offset: timedelta
    """From UTC, of the clock that the page's dates are by."""
    body: str


@dataclass
class Draft:
    """Texts, markup and expectations of one page. The methods with an element's name return markup of body text."""

    rng: Random
    language: str
    expected: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.writer = Writer(self.rng, self.language)
        self.title = self.writer.headline()
        zone = timezone(timedelta(hours=8)) if self.language == "zh" else UTC
        hour, minute = self.rng.randint(1, 22), self.rng.randint(1, 59)
        self.moment = datetime(2026, self.rng.randint(1, 10), self.rng.randint(1, 28), hour, minute, tzinfo=zone)
        self.published: date | None = self.moment.date()
        self.author = self.writer.name()
        self.site, self.host = SITES[self.language]

    @property
    def zh(self) -> bool:
        return self.language == "zh"

    def either(self, english: str, chinese: str) -> str:
        """Text of the site itself in the language of the page."""
        return chinese if self.zh else english

    def say(self, text: str) -> str:
        """*text* for the page, written down as body."""
        self.expected.append(text)
        return escape(text, quote=False)

    def p(self, sentences: int = 0, tag: str = "p") -> str:
        text = self.say(self.writer.paragraph(sentences or self.rng.randint(2, 4)))
        return f"<{tag}>{text}</{tag.split()[0]}>"

    def ps(self, number: int, tag: str = "p") -> str:
        return "\n".join(self.p(tag=tag) for _ in range(number))

    def h(self, level: int = 2) -> str:
        heading = self.either("What comes next for ", "下一步：") + self.writer.thing()
        return f"<h{level}>{self.say(heading)}</h{level}>"

    def h1(self, attributes: str = "") -> str:
        return f"<h1{' ' if attributes else ''}{attributes}>{escape(self.title)}</h1>"

    def teasers(self, number: int, markup: str = "<li><a href='/{n}.html'>{headline}</a></li>") -> str:
        """Headlines of other articles, with texts where *markup* has a place for them."""
        return "\n".join(
            markup.format(
                n=self.rng.randint(1000, 9999),
                headline=self.writer.headline(),
                text=self.writer.paragraph(1),
                day=self.other_day(),
            )
            for _ in range(number)
        )

    def comments(self, number: int, markup: str = "<li class='comment'><b>{name}</b><p>{text}</p></li>") -> str:
        return "\n".join(markup.format(name=self.writer.name(), text=self.writer.comment()) for _ in range(number))

    def rows(self, number: int, cell: str = "<td>{}</td>") -> str:
        """Rows of a table of figures, which are body."""
        rows = []
        for _ in range(number):
            cells = [
                f"{self.writer.thing()} {self.rng.randint(1, 9)}",
                f"{self.rng.randint(100, 999)}.{self.rng.randint(0, 9)}",
            ]
            cells.append(f"{self.rng.randint(1, 99)}.{self.rng.randint(0, 9)}%")
            self.expected.append(" ".join(cells))
            rows.append(f"<tr>{''.join(cell.format(text) for text in cells)}</tr>")
        return "\n".join(rows)

    def jsonld(self, kind: str = "NewsArticle", **more: object) -> str:
        node = {
            "@context": "https://schema.org",
            "@type": kind,
            "headline": self.title,
            "datePublished": self.moment.isoformat(),
            "author": {"@type": "Person", "name": self.author},
            "publisher": {"@type": "Organization", "name": self.site},
        } | more
        return f'<script type="application/ld+json">{json.dumps(node, ensure_ascii=False)}</script>'

    def meta(self) -> str:
        return (
            f'<meta property="og:title" content="{escape(self.title)}"><meta property="og:site_name" content="{self.site}">'
            f'<meta property="article:published_time" content="{self.moment.isoformat()}">'
        )

    def other_day(self) -> str:
        """Another day than that of publication: of an update, a comment, or another article."""
        moment = self.moment + timedelta(days=self.rng.randint(1, 20))
        return f"{moment:%Y-%m-%d}" if self.zh else f"{_MONTHS[moment.month - 1]} {moment.day}, {moment.year}"

    def day(self, style: str = "") -> str:
        """The date of publication as people read it."""
        moment = self.moment
        if style == "iso" or (self.zh and not style):
            return f"{moment:%Y-%m-%d %H:%M}"
        if style == "zh":
            return f"{moment.year}年{moment.month}月{moment.day}日"
        return f"{_MONTHS[moment.month - 1]} {moment.day}, {moment.year}"
