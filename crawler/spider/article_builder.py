"""Builds an article from its page and from the link to it, which holds what the entry page says of the article."""

from __future__ import annotations

import mimetypes
from dataclasses import replace
from datetime import datetime
from html import escape
from urllib.parse import unquote, urlsplit

from crawler.discovery.methods import Link
from crawler.extraction import read_document, signatures
from crawler.extraction.blocked_pages import LoginPage, asks_for_login
from crawler.extraction.charset import utf8_safe
from crawler.extraction.paragraphs import excerpt
from crawler.extraction.unreadable import Unreadable
from crawler.source import Selectors, Source
from store.article import Access, Article, File, Kind, is_fuller


def is_pdf(data: bytes) -> bool:
    """Whether *data* has the header of a PDF; its address and HTTP headers may say otherwise."""
    return signatures.PDF in data[: signatures.PDF_WITHIN]


def is_workbook(url: str) -> bool:
    """Whether *url* names a workbook or an archive. Most sources link these files and do not read them."""
    return urlsplit(url).path.lower().endswith((".xlsx", ".xls", ".csv", ".zip"))


def is_document(url: str) -> bool:
    """Whether *url* names a file (PDF, workbook or archive) and not a page."""
    return is_workbook(url) or urlsplit(url).path.lower().endswith(".pdf")


def article_from_entry(link: Link, source: Source, fetched: datetime) -> Article:
    """The article as the entry page describes it, with the text where the entry page holds it.

    Raises Unreadable when that text cannot be read.
    """
    if link.body:
        # The source's selectors are for its pages. Of those only the ones that find files or leave out text apply here.
        own = source.selectors
        selectors = Selectors(title="title", body="article", files=own.files, drop=own.drop, stop=own.stop)
        title = escape(link.title)
        page = f"<html><head><title>{title}</title></head><body><article>{link.body}</article></body></html>"
        reading = replace(source, selectors=selectors, article_of=None, access_of=None)
        article = read_document(utf8_safe(page).encode(), link.url, captured=fetched, source=reading, charset="utf-8")
        # The entry page gives the time, a dateline in the text only the day.
        article.published = link.published or article.published
    else:
        article = Article(source=source.key, url=link.url, title="", fetched=fetched, kind=source.kind)
        article.language = link.language or source.language
    if is_document(link.url):
        article.files = [_file(link.url)]
    article.access = _access(article, link, source, None)
    article = _completed(article, link, source)
    if source.keep_at_least and not article.body.strip() and is_fuller(article.access, "headline"):
        # No more than there is: what counts as a full text would be refused, and never replaced by the page.
        article.access = "abstract" if article.summary.strip() else "headline"
    return article


def article_from_page(data: bytes, url: str, link: Link, source: Source, fetched: datetime, charset: str) -> Article:
    """The article in *data*, the bytes of a page or document. Raises Unreadable when there is none in them."""
    if is_document(link.url) and not is_workbook(link.url) and not is_pdf(data):
        # Otherwise the text of a challenge or error page would be stored as the text of the document.
        raise Unreadable(f"{len(data)} bytes under the address of a PDF, but no PDF")
    if is_workbook(link.url) and not data.startswith(signatures.ZIP):
        raise Unreadable(f"{len(data)} bytes under the address of a workbook, but no workbook")
    if asks_for_login(data):
        raise LoginPage("a page that asks for a login")
    article = read_document(data, url, captured=fetched, source=source, charset=charset)
    if len(article.body) < len(link.summary):
        # Of a page that is hardly understood the abstract of the list says more.
        article.summary = link.summary
    if not (article.body.strip() or article.summary.strip()):
        raise Unreadable("no content")
    if is_pdf(data):
        # Many documents may have the same file name: address and digest identify the file.
        article.files = [replace(file, url=url, name=_file(url).name) for file in article.files]
    article.access = _access(article, link, source, source.access_of(data) if source.access_of else None)
    return _completed(article, link, source)


def _access(article: Article, link: Link, source: Source, of_page: Access | None) -> Access:
    """How much of *article* may be kept: what its link or its source says, but of a teaser never the full text."""
    of_source, allowed = source.access(of_page), source.access(link.access or of_page)
    is_teaser = is_fuller(of_source, article.access) and is_fuller(allowed, article.access)
    return article.access if is_teaser else allowed


def _completed(article: Article, link: Link, source: Source) -> Article:
    """*article* with fields of *link*: those that it lacks, and those of ``Source.from_link``."""

    def is_preferred(name: str) -> bool:
        return bool(getattr(link, name)) and (name in source.from_link or not getattr(article, name))

    if is_preferred("title"):
        article.title = link.title
    if is_preferred("summary"):
        article.summary = link.summary
    if is_preferred("published"):
        article.published = link.published
    if is_preferred("authors"):
        article.authors = list(link.authors)
    if is_preferred("tags"):
        article.tags = list(link.tags)
    article.title, article.summary, article.body = map(utf8_safe, (article.title, article.summary, article.body))
    article.authors, article.tags = list(map(utf8_safe, article.authors)), list(map(utf8_safe, article.tags))
    own_files = {file.url for file in article.files}
    article.files = [*article.files, *(_file(url) for url in link.files if url not in own_files)]
    kind: Kind | None = link.kind
    article.kind = kind or article.kind
    article.source = source.key
    if source.address_with and not is_document(article.url):
        article = replace(article, url=source.address_with(article.url, article.title))
    if not article.title and source.link_of_address and (named := source.link_of_address(article.url)):
        article.title, article.tags = named.title, [*article.tags, *named.tags]
    if article.access == "abstract" and not article.summary:
        # The body will not be stored: without a summary the article would have no text at all.
        article.summary = excerpt(article.body)
    return replace(article)  # cleans what the link says


def _file(url: str) -> File:
    name = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    return File(url=url, name=name, media_type=mimetypes.guess_type(name)[0] or "")
