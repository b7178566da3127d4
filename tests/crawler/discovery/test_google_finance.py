"""Quotes and news in the data blocks of Google Finance's pages, real and written, and its consent page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.discovery.entry_page import EntryPage, EntryPageError
from crawler.discovery.methods import Link
from crawler.discovery.reader import read_entry_page
from crawler.sources import source
from tests.commands import PROJECT
from tests.crawler.tiny_web import add, crawl

ROW = source("google_finance")
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def read(data: bytes | str, url: str = ROW.discovery[0].url) -> EntryPage:
    return read_entry_page(ROW.discovery[0], data.encode() if isinstance(data, str) else data, url, ROW, NOW)


def facts(link: Link) -> tuple[str, str, datetime | None, str | None]:
    return link.url, link.title, link.published, link.kind


def test_pages_of_2026(captures: Path) -> None:
    quote, *news = read((captures / "google_finance/quote-CNY-VND-beta-en-2026-06-25.html").read_bytes()).links
    assert facts(quote) == (
        "https://www.google.com/finance/quote/CNY-VND",
        "CNY / VND (CNY-VND): 3877.55055 VND, 2026-06-25 06:04 UTC",
        datetime(2026, 6, 25, 6, 4, tzinfo=UTC),
        "data",
    )
    assert len(news) == 12
    assert news[0].url.startswith("https://www.cnbc.com/2026/06/25/")
    assert (news[0].published, news[0].authors) == (datetime(2026, 6, 25, 5, 21, 1, tzinfo=UTC), ("CNBC",))
    assert {link.kind for link in news} == {"news"}


def test_pages_of_2023(captures: Path) -> None:
    quote, *news = read((captures / "google_finance/quote-VND-JPY-classic-ja-2023-05-20.html").read_bytes()).links
    assert facts(quote) == (
        "https://www.google.com/finance/quote/VND-JPY",
        "VND / JPY (VND-JPY): 0.005878357534 JPY, 2023-05-20 01:28 UTC",
        datetime(2023, 5, 20, 1, 28, 56, tzinfo=UTC),
        "data",
    )
    assert len(news) == 12
    assert news[0].url == "https://www.coindeskjapan.com/185640/"


@pytest.mark.parametrize("name", ["quote-CNY-VND-beta-en-2026-06-25", "quote-VND-JPY-classic-ja-2023-05-20"])
def test_an_unknown_symbol_gives_nothing(captures: Path, name: str) -> None:
    page = (captures / f"google_finance/{name}.html").read_bytes()
    unknown = page.replace(b'rel="canonical" href="https://www.google.com/finance/', b'rel="canonical" href="/x/')
    place = unknown.index(b'rel="canonical"')
    end = unknown.index(b'">', place)
    unknown = unknown[:end] + b"X" + unknown[end:]
    assert read(unknown).links == []


def test_a_quote_of_another_company_inside_the_news_is_not_the_pages_own() -> None:
    page = (PROJECT / "samples/google_finance/pages/NVDA-NASDAQ.html").read_text("utf-8")
    assert read(page).links[0].title.startswith("NVIDIA Corp (NVDA:NASDAQ): 212.5 USD")
    other = page.replace("quote/NVDA:NASDAQ", "quote/TSM:NYSE")
    assert read(other).links[0].title.startswith("Taiwan Semiconductor Mfg. Co. Ltd. (TSM:NYSE): 341 USD, 2026-07-20")


def test_without_a_canonical_address_the_requested_one_is_used() -> None:
    page = (PROJECT / "samples/google_finance/pages/TSM-NYSE.html").read_text("utf-8")
    page = page.replace('rel="canonical"', 'rel="other"')
    assert read(page, "https://www.google.com/finance/quote/TSM%3ANYSE?hl=en").links[0].tags[0] == "TSM:NYSE"
    assert read(page, "https://www.google.com/finance/quote/INTC:NASDAQ").links == []


@pytest.mark.parametrize(
    "page",
    [
        "<html><title>Google Finance</title></html>",
        "<script>AF_initDataCallback({key: 'ds:1', hash: '2', data:[[[, sideChannel: {}});</script>",
        "<script>AF_initDataCallback({key: 'ds:1',  data:[3,null,[]],errorHasStatus: true,});</script>",
        f"<script>AF_initDataCallback({{key: 'ds:1', hash: '2', data:{'[' * 100_000}, sideChannel: {{}}}});</script>",
    ],
)
def test_a_page_without_data(page: str) -> None:
    with pytest.raises(EntryPageError, match="without data blocks"):
        read(page)


def test_a_consent_page_is_a_refusal(tmp_path: Path) -> None:
    url = ROW.discovery[0].url
    add(tmp_path, "google", url, status=302, headers={"Location": "https://consent.google.com/ml?continue=x"})
    add(tmp_path, "google", ROW.discovery[1].url, "<html><title>Before you continue to Google</title></html>")
    add(tmp_path, "google", "https://consent.google.com/ml?continue=x", "<html><title>x</title></html>")
    run = crawl(tmp_path, "google_finance")
    assert (run.status, run.items) == (0, [])
    reasons = [run.stats[f"xinwen/way/failed/{number}"].rsplit(": ", 1)[1] for number in (1, 2)]
    assert reasons == ["a page that asks for consent"] * 2
    assert run.stats["xinwen/blocked"] == 2
