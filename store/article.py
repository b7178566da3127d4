"""The article: the record that all packages share. Loads no MongoDB, so the crawler may import it.

To add a field that is stored with every article:

1. add it to ``Article`` (with a default, as articles stored before lack it) and its limits to ``reasons_against``;
   if it may not be shown for every ``access``, empty it in ``withhold``;
2. add it to ``VALIDATORS`` in ``schema`` only if every stored article has it, and an index in ``INDEXES`` if it is
   searched for; ``documents.articles`` stores all fields of ``Article`` and reads them back with ``_article``, where
   the default for older documents goes;
3. have it filled: ``crawler.extraction`` reads it from pages, ``crawler.spider.article_builder`` from links, and
   ``pipelines.ingest.rows`` from JSONL; texts are cleaned in ``pipelines.clean``; ``FIELDS`` of
   ``pipelines.ingest.reread`` has the fields whose changes are reported;
4. only if searches filter or rank by it: add it to ``PROJECTION`` in ``index.snapshot`` and as a column to
   ``index.segment_format``, raise ``FORMAT`` and describe it in ``index/FORMAT.md``.

A new field changes the content hash of every article, so the next crawl that finds an article writes it again.
"""

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

from store.plain_text import plain_line, plain_text, plain_title

Access = Literal["full", "abstract", "headline"]
Kind = Literal["news", "report", "filing", "data"]

PAGE_BREAK = "\f"
"""Separates the pages of a report in its body, as in plain text made from PDFs."""

MAX_BODY_BYTES = 8 * 2**20
"""MongoDB refuses documents over 16 MiB; half of that leaves room for the vectors and the other fields."""

MAX_METADATA = 200_000
"""Characters of a summary, and of all authors and tags together; anything longer was extracted wrongly."""

MAX_FILES = 5_000
"""Files of one article, at most."""

_TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|mc_[ce]id|cmpid|icid|spm|sref|srnd|smtyp|feed_?(item)?_?type|feed_?name|share_token"
    r"|msclkid|isappinstalled)$",
    re.IGNORECASE,
)
_UNCLEAN = re.compile(r"""[\s<>"`{}|\\^\x00-\x20\x7f-\xa0]""")
_SHARED = re.compile(r"from=(?:timeline|singlemessage|groupmessage)")
"""WeChat's note of where a link was shared; ``from`` alone may be the date that a list begins with."""


@dataclass(slots=True)
class File:
    """A document that belongs to an article: a PDF, a workbook, an XBRL archive.

    ``company``: whose report it is. ``fiscal_year`` 0: no periodical report; ``quarter`` 0: a report on a whole year.
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

    Whatever it is made of, no text has control characters and the title no tags: they are taken out. Who sets a field
    later calls ``replace``, which does that again. Times are aware UTC. ``body`` is plain text: paragraphs end with
    ``\\n``, ``PAGE_BREAK`` separates the pages of a report. ``access`` says how much of it may be kept and shown.
    ``id`` is computed from ``url``.
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
        self.title = plain_title(self.title)
        self.body, self.summary = plain_text(self.body), plain_text(self.summary)
        self.authors, self.tags = list(map(plain_line, self.authors)), list(map(plain_line, self.tags))
        self.url = canonical_address(self.url)
        self.id = article_id(self.url)

    @property
    def pages(self) -> list[str]:
        """The pages of the body; a body without page breaks is one page."""
        return self.body.split(PAGE_BREAK)

    @property
    def texts(self) -> list[str]:
        """The texts that are tokenized in addition to the title: the pages, or the summary if there is no body."""
        return self.pages if self.body else [self.summary]


@lru_cache(maxsize=4096)
def canonical_address(url: str) -> str:
    """*url* in its canonical form, which is equal for all spellings of a page's address.

    Scheme and host are in lower case; default port, fragment and tracking parameters are removed; percent escapes are
    normalized (RFC 3986). Anything but an http address is returned unchanged, and ``reasons_against`` refuses it.
    """
    url = url.strip()
    parts = urlsplit(url) if url.isprintable() else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return url
    url = url.split("#", 1)[0]  # before the rest, which makes a parameter of "#!comments"
    pairs = [pair for pair in parts.query.split("&") if pair]
    names = [pair.split("=", 1)[0] for pair in pairs]
    tracking = [name for name in names if _TRACKING.match(name)] + ["from"] * any(map(_SHARED.fullmatch, pairs))
    if tracking:
        url = url_query_cleaner(url, tracking, remove=True, unique=False)
    return url_normalize(url) or url


def is_clean_address(url: str) -> bool:
    """Whether *url* is without blanks, control characters and what only markup has."""
    return not _UNCLEAN.search(url)


def article_id(url: str) -> str:
    """The id of the article at the canonical address *url*: the first 24 hex digits (96 bits) of its SHA-256."""
    return hashlib.sha256(url.encode()).hexdigest()[:24]


def reasons_against(article: Article) -> list[str]:
    """The reasons why *article* must not be stored; empty if it may."""
    reasons = []
    if not re.fullmatch(r"[a-z][a-z0-9_]*", article.source):
        reasons.append(f"source {article.source!r} is not a key")
    parts = urlsplit(article.url)
    if parts.scheme not in ("http", "https", "file") or not (parts.netloc or parts.scheme == "file"):
        reasons.append(f"address {article.url!r} is not http(s)")
    elif not is_clean_address(article.url):
        reasons.append(f"address {article.url!r} has blanks or markup")
    if not article.title.strip():
        reasons.append("no title")
    elif len(article.title) > 1000:
        reasons.append(f"title of {len(article.title)} characters")
    if len(article.body.encode()) > MAX_BODY_BYTES:
        reasons.append(f"body of {len(article.body.encode()) // 2**20} MiB; {MAX_BODY_BYTES // 2**20} MiB are stored")
    for name, limit, size in (
        ("summary", MAX_METADATA, len(article.summary)),
        ("authors and tags", MAX_METADATA, sum(map(len, article.authors + article.tags))),
        ("files", MAX_FILES, len(article.files)),
    ):
        if size > limit:
            reasons.append(f"{name} of {size}, beyond {limit}")
    for name, moment in (("published", article.published), ("fetched", article.fetched)):
        if moment is not None and moment.tzinfo is None:
            reasons.append(f"{name} has no time zone")
    if article.fetched.tzinfo and article.fetched > datetime.now(UTC) + timedelta(days=1):
        reasons.append("fetched in the future")
    # A day's tolerance: a release dated in Taipei or Auckland may be dated tomorrow where it is fetched.
    is_aware = article.published and article.published.tzinfo and article.fetched.tzinfo
    if article.published and is_aware and article.published > article.fetched + timedelta(days=1):
        reasons.append(f"published {article.published:%Y-%m-%d}, after it was fetched")
    if article.access == "full" and article.kind != "data" and not article.body.strip():
        reasons.append("no text")
    for name, value, allowed in (("kind", article.kind, Kind), ("access", article.access, Access)):
        if value not in get_args(allowed):
            reasons.append(f"{name} {value!r} is none of {', '.join(get_args(allowed))}")
    return reasons


def is_fuller(access: Access, other: Access) -> bool:
    """Whether more of an article is stored with *access* than with *other*."""
    return get_args(Access).index(access) < get_args(Access).index(other)


def withhold(article: Article) -> Article:
    """*article* without the texts that its ``access`` does not allow to keep or show."""
    if article.access == "full":
        return article
    if article.access == "abstract":
        return replace(article, body="")
    return replace(article, body="", summary="")
