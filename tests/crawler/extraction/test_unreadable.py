"""What no reader foresaw costs one reply: every reader is made to fail, and its caller gets the usual refusal."""

from __future__ import annotations

from datetime import UTC, datetime
from types import ModuleType

import pytest

from crawler.discovery import feed, google_finance, json_api, listing, reports, sitemap
from crawler.discovery.entry_page import EntryPageError
from crawler.discovery.methods import DataBlocks, DiscoveryMethod, Feed, JsonApi, Listing, Reports, Sitemap
from crawler.discovery.reader import read_entry_page
from crawler.extraction import Unreadable, page, pdf, read_document, workbook
from crawler.sources import SOURCES

NOW = datetime(2026, 11, 20, tzinfo=UTC)
URL = "https://a.example/"


class NobodyForesaw(Exception):
    pass


def fail(*_: object, **__: object) -> None:
    raise NobodyForesaw("boom")


@pytest.mark.parametrize(
    ("reader", "method"),
    [(feed, Feed(URL)), (sitemap, Sitemap(URL)), (listing, Listing(URL, item="li")), (reports, Reports(URL, file=".")),
     (json_api, JsonApi(URL, items="@", fields={"url": "url"})), (google_finance, DataBlocks(URL))],
)  # fmt: skip
def test_a_fault_in_a_reader_of_entry_pages(
    reader: ModuleType, method: DiscoveryMethod, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reader, "read", fail)
    with pytest.raises(EntryPageError, match="a fault of the reader: NobodyForesaw: boom"):
        read_entry_page(method, b"<a>", URL, SOURCES["sia"], NOW)
    assert caplog.records[0].exc_info and URL in caplog.text


@pytest.mark.parametrize(
    ("reader", "function", "data", "source"),
    [(page, "read_page", b"<p>a", "sia"), (pdf, "read_pdf", b"%PDF-1.4", "sia"),
     (workbook, "read_workbook", b"PK\x03\x04", "wsts")],
)  # fmt: skip
def test_a_fault_in_a_reader_of_documents(
    reader: ModuleType, function: str, data: bytes, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, function, fail)
    with pytest.raises(Unreadable, match="a fault of the reader: NobodyForesaw: boom"):
        read_document(data, URL, captured=NOW, source=SOURCES[source])
