"""The article record that every room shares; free of MongoDB so that the crawler may import it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal, get_args
from urllib.parse import urlsplit

from url_normalize import url_normalize
from w3lib.url import url_query_cleaner

Access = Literal["full", "abstract", "headline"]
Kind = Literal["news", "report", "filing", "data"]

PAGE_BREAK = "\f"
"""Between the pages of a report's body, as in plain text made from PDFs."""

MAX_BODY_BYTES = 8 * 2**20
"""MongoDB refuses documents over 16 MiB; half of it leaves room for the vector and the other fields."""

MAX_FACTS = 200_000
"""Characters of a summary, and of all names of authors and tags; what is longer is no such thing."""

MAX_FILES = 5_000
"""Links to documents of one article."""

_TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|mc_[ce]id|cmpid|icid|spm|sref|srnd|smtyp|feed_?(item)?_?type|feed_?name|share_token)$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class File:
    """A document that belongs to an article: a PDF, a workbook, an XBRL archive.

    ``fiscal_year`` 0: not a periodical report; ``quarter`` 0: of the whole year. ``company``: whose report it is.
    """

    url: str
    name: str = ""
    media_type: str = ""
    sha256: str = ""
    pages: int = 0
    language: str = ""
    company: str = ""
    fiscal_year: int = 0
    quarter: int = 0


@dataclass(slots=True)
class Article:
    """One article, report or filing.

    Times are aware UTC. ``body`` is plain text, paragraphs parted by ``\\n``, pages of a report by
    ``PAGE_BREAK``. ``access`` tells how much of it may be kept and shown. ``id`` follows from ``url``.
    """

    source: str
    url: str
    title: str
    fetched: datetime
    body: str = ""
    summary: str = ""
    language: str = ""
    published: datetime | None = None
    authors: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    kind: Kind = "news"
    files: list[File] = field(default_factory=list)
    access: Access = "full"
    id: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.url = canonical_address(self.url)
        self.id = article_id(self.url)

    @property
    def pages(self) -> list[str]:
        """The body page by page; one page for what has no page breaks."""
        return self.body.split(PAGE_BREAK)

    @property
    def texts(self) -> list[str]:
        """What its words are those of, beside the title: the pages, or the summary where there is no body."""
        return self.pages if self.body else [self.summary]


@lru_cache(maxsize=4096)
def canonical_address(url: str) -> str:
    """*url* in the one spelling that stands for the page.

    Scheme and host in lower case, default port, fragment and tracking parameters gone, percent
    escapes normalized. What is not an http address comes back unchanged, for ``reasons_against`` to refuse.
    """
    url = url.strip()
    parts = urlsplit(url) if url.isprintable() else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return url
    names = [pair.split("=", 1)[0] for pair in parts.query.split("&") if pair]
    tracking = [name for name in names if _TRACKING.match(name)]
    if tracking:
        url = url_query_cleaner(url, tracking, remove=True, unique=False)
    return (url_normalize(url) or url).split("#", 1)[0]


def article_id(url: str) -> str:
    """The identity of the page at a canonical address: 24 hex digits (96 bits) of its SHA-256."""
    return hashlib.sha256(url.encode()).hexdigest()[:24]


def reasons_against(article: Article) -> list[str]:
    """Why *article* must not be stored; empty when it may."""
    reasons = []
    if not re.fullmatch(r"[a-z][a-z0-9_]*", article.source):
        reasons.append(f"source {article.source!r} is not a key")
    parts = urlsplit(article.url)
    if parts.scheme not in ("http", "https", "file") or not (parts.netloc or parts.scheme == "file"):
        reasons.append(f"address {article.url!r} is not http(s)")
    if not article.title.strip():
        reasons.append("no title")
    elif len(article.title) > 1000:
        reasons.append(f"title of {len(article.title)} characters")
    if len(article.body.encode()) > MAX_BODY_BYTES:
        reasons.append(f"body of {len(article.body.encode()) // 2**20} MiB; {MAX_BODY_BYTES // 2**20} MiB are stored")
    for name, most, size in (
        ("summary", MAX_FACTS, len(article.summary)),
        ("authors and tags", MAX_FACTS, sum(map(len, article.authors + article.tags))),
        ("files", MAX_FILES, len(article.files)),
    ):
        if size > most:
            reasons.append(f"{name} of {size}, beyond {most}")
    for name, moment in (("published", article.published), ("fetched", article.fetched)):
        if moment is not None and moment.tzinfo is None:
            reasons.append(f"{name} has no time zone")
    if article.fetched.tzinfo and article.fetched > datetime.now(UTC) + timedelta(days=1):
        reasons.append("fetched in the future")
    # A day of grace: a release dated in Taipei or Auckland is "tomorrow" where it is fetched.
    aware = article.published and article.published.tzinfo and article.fetched.tzinfo
    if article.published and aware and article.published > article.fetched + timedelta(days=1):
        reasons.append(f"published {article.published:%Y-%m-%d}, after it was fetched")
    if article.access == "full" and article.kind != "data" and not article.body.strip():
        reasons.append("no text")
    for name, value, allowed in (("kind", article.kind, Kind), ("access", article.access, Access)):
        if value not in get_args(allowed):
            reasons.append(f"{name} {value!r} is none of {', '.join(get_args(allowed))}")
    return reasons


def withhold(article: Article) -> Article:
    """*article* without what its ``access`` does not allow to keep or show."""
    if article.access == "full":
        return article
    if article.access == "abstract":
        return replace(article, body="")
    return replace(article, body="", summary="")
