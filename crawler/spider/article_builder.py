"""An article from what a page says and what the entry said of it."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import replace
from datetime import datetime
from html import escape
from urllib.parse import unquote, urlsplit

from crawler.read import read_document
from crawler.read.charset import whole
from crawler.read.unreadable import Unreadable
from crawler.source import Selectors, Source
from crawler.walls import LoginWall, asks_for_login
from crawler.way import Link
from store.article import Article, File, Kind

_EXCERPT = 300  # characters
_ZIP = b"PK\x03\x04"
_PDF_WITHIN = 1024  # bytes; readers of PDF look no further for its mark


def is_pdf(data: bytes) -> bool:
    """Do the bytes begin as a PDF does, whatever address and headers say?"""
    return b"%PDF-" in data[:_PDF_WITHIN]


def is_workbook(url: str) -> bool:
    """A file that is linked, not read: a workbook or an archive."""
    return urlsplit(url).path.lower().endswith((".xlsx", ".xls", ".csv", ".zip"))


def is_document(url: str) -> bool:
    """A file of whatever kind, not a page."""
    return is_workbook(url) or urlsplit(url).path.lower().endswith(".pdf")


def article_from_entry(link: Link, row: Source, fetched: datetime) -> Article:
    """The article as the entry tells it; the text too where the entry carries it."""
    if link.body:
        # The row's selectors fit the site's pages; of the bare text only what to leave out is the row's to tell.
        own = row.selectors
        bare = Selectors(title="title", body="article", files=own.files, drop=own.drop, stop=own.stop)
        title = escape(link.title)
        page = f"<html><head><title>{title}</title></head><body><article>{link.body}</article></body></html>"
        source = replace(row, selectors=bare, article_of=None, access_of=None)
        article = read_document(whole(page).encode(), link.url, captured=fetched, source=source, charset="utf-8")
        # The day in a dateline is less than the moment that the entry tells.
        article.published = link.published or article.published
    else:
        article = Article(source=row.key, url=link.url, title="", fetched=fetched, kind=row.kind)
        article.language = link.language or row.language
    if is_workbook(link.url):
        article.files = [_file(link.url)]
    article.access = link.access or row.keep
    return complete(article, link, row)


def article_from_page(data: bytes, url: str, link: Link, row: Source, fetched: datetime, charset: str) -> Article:
    """The article that the bytes of a page or document hold. Raises Unreadable when they hold none."""
    if is_document(link.url) and not is_workbook(link.url) and not is_pdf(data):
        # A challenge or an error page under a document's address would otherwise pass for its text.
        raise Unreadable(f"{len(data)} bytes under the address of a PDF, which are none")
    if is_workbook(link.url) and not data.startswith(_ZIP):
        raise Unreadable(f"{len(data)} bytes under the address of a workbook, which are none")
    if asks_for_login(data):
        raise LoginWall("a page that asks for a login")
    article = read_document(data, url, captured=fetched, source=row, charset=charset)
    if not (article.body.strip() or article.summary.strip()):
        raise Unreadable("no content")
    if is_pdf(data):
        # One and the same name may stand for many documents; the address and the bytes tell them apart.
        article.files = [replace(file, url=url, name=_file(url).name) for file in article.files]
    article.access = link.access or (row.access_of(data) if row.access_of else row.keep)
    return complete(article, link, row)


def complete(article: Article, link: Link, row: Source) -> Article:
    """*article* with what it lacks, and with what the row says the entry knows better."""

    def better(name: str) -> bool:
        return bool(getattr(link, name)) and (name in row.from_link or not getattr(article, name))

    if better("title"):
        article.title = link.title
    if better("summary"):
        article.summary = link.summary
    if better("published"):
        article.published = link.published
    if better("authors"):
        article.authors = list(link.authors)
    if better("tags"):
        article.tags = list(link.tags)
    article.title, article.summary, article.body = map(whole, (article.title, article.summary, article.body))
    article.authors, article.tags = list(map(whole, article.authors)), list(map(whole, article.tags))
    known = {file.url for file in article.files}
    article.files = [*article.files, *(_file(url) for url in link.files if url not in known)]
    kind: Kind | None = link.kind
    article.kind = kind or article.kind
    article.source = row.key
    if row.address_with and not is_document(article.url):
        article = replace(article, url=row.address_with(article.url, article.title))
    if not article.title and row.link_of_address and (told := row.link_of_address(article.url)):
        article.title, article.tags = told.title, [*article.tags, *told.tags]
    if article.access == "abstract" and not article.summary:
        # Of such an article nothing else would be left to show.
        article.summary = excerpt(article.body)
    return article


def excerpt(body: str) -> str:
    """The beginning of *body*, cut where a sentence or at least a word ends."""
    text = " ".join(body[: 2 * _EXCERPT].split())
    if len(text) <= _EXCERPT:
        return text
    ends = [match.end() for match in re.finditer(r"[.!?](?=\s)|[。！？]", text[:_EXCERPT])]
    if ends and ends[-1] > _EXCERPT // 3:
        return text[: ends[-1]]
    return text[:_EXCERPT].rsplit(" ", 1)[0].rstrip(" ,;，；") + "…"


def _file(url: str) -> File:
    name = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    return File(url=url, name=name, media_type=mimetypes.guess_type(name)[0] or "")
