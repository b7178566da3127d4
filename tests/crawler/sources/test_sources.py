"""The source table: twenty sources as in the user's list, and every kind of wrong source refused by name."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.discovery.methods import Feed, JsonApi, Listing, Reports, Sitemap
from crawler.discovery.reader import read_entry_page
from crawler.source import Selectors, Source, SourceError
from crawler.sources import SOURCES, UnknownSource, source, table
from pipelines.runs.verdict import shortcomings

KEYS = [
    "semi",
    "sia",
    "wsts",
    "tsmc",
    "samsung",
    "intel",
    "smic",
    "gartner",
    "mckinsey",
    "pwc",
    "accenture",
    "goldman_sachs",
    "kpmg",
    "seeking_alpha",
    "bloomberg",
    "google_finance",
    "reuters",
    "statista",
    "datayes",
    "semiinsights",
]
GOOD: dict[str, Any] = {
    "number": 1,
    "key": "sample",
    "name": "Sample",
    "category": "媒体",
    "address": "https://sample.example/",
    "note": "样本",
    "language": "en",
    "timezone": "UTC",
    "discovery": (Feed("https://sample.example/feed"),),
    "keep": "full",
    "enabled": True,
    "why": "It is a sample.",
}


def test_twenty_sources_in_the_order_of_the_table() -> None:
    assert list(SOURCES)[:20] == KEYS, "further sources come after the twenty"
    assert [row.number for row in SOURCES.values()] == list(range(1, len(SOURCES) + 1))


def test_names_and_remarks_are_the_users(shared: Path) -> None:
    lines = (shared / "sources/README.md").read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d+ \|", line)]
    assert len(cells) == 20
    for number, key, name, name_zh, category, address, _, keep, *_ in cells:
        row = source(re.sub(r"\[(\w+)\].*", r"\1", key))
        assert (str(row.number), row.name, row.category, row.address) == (number, name, category, address)
        # One name has the right spelling in brackets after the user's.
        assert row.name_zh == ("" if name_zh == "—" else name_zh.split(" (")[0])
        assert keep.startswith(row.keep)
        sheet = (shared / f"sources/{row.key}.md").read_text("utf-8")
        remark = re.search(r"user's remark: ([^\n]+?)\.( \(|$)", sheet, re.M)
        assert remark and remark[1].split(". ")[0] == row.note


def test_which_sources_are_disabled_and_why() -> None:
    off = [key for key in KEYS if not SOURCES[key].enabled]
    assert off == ["gartner", "google_finance", "reuters", "statista", "datayes"]
    assert all(row.why.endswith(".") for row in SOURCES.values())


def test_the_dead_host_is_never_requested() -> None:
    row = source("semiinsights")
    assert row.allowed == {"www.semi-insights.com"}
    assert row.address_of
    for address in ("http://semiinsights.com/s/bdt/15/1.shtml", "https://www.SemiInsights.com/s/bdt/15/1.shtml"):
        assert row.address_of(address) == "http://www.semi-insights.com/s/bdt/15/1.shtml"
    assert row.address_of("http://semiinsights.com.cn/") == "http://semiinsights.com.cn/"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": "Sample"}, "key 'Sample' is not lower case"),
        ({"number": 0}, "number 0 is not positive"),
        ({"name": " "}, "name is empty"),
        ({"note": ""}, "note is empty"),
        ({"why": ""}, "why is empty"),
        ({"category": "杂志"}, "category '杂志' is none of"),
        ({"keep": "all"}, "keep 'all' is none of"),
        ({"read": "list"}, "read 'list' is none of"),
        ({"kind": "rumour"}, "kind 'rumour' is none of"),
        ({"language": "ja"}, "language 'ja' is neither"),
        ({"timezone": "Mars/Base"}, "time zone 'Mars/Base' is unknown"),
        ({"discovery": ()}, "enabled, but has no discovery method"),
        ({"address": "ftp://sample.example/"}, "'ftp://sample.example/' is not an http address"),
        ({"discovery": (Feed("sample.example/feed"),)}, "'sample.example/feed' is not an http address"),
        ({"delay": 0.1}, "delay of 0.1 s is impolite"),
        ({"include": "("}, "pattern '('"),
        ({"words": "["}, "pattern '['"),
        ({"selectors": Selectors(stop="(")}, "pattern '('"),
        ({"discovery": (Sitemap("https://sample.example/s.xml", follow="("),)}, "pattern '('"),
        ({"discovery": (Reports("https://sample.example/r", file="["),)}, "pattern '['"),
        ({"selectors": Selectors(title="h1[")}, "selector 'h1['"),
        ({"discovery": (Listing("https://sample.example/", item="li >"),)}, "selector 'li >'"),
        ({"discovery": (Reports("https://sample.example/r", panels={"#": ("a", "report")}),)}, "selector '#'"),
        ({"discovery": (JsonApi("https://sample.example/j", fields={"url": "a[["}),)}, "path 'a[['"),
        ({"discovery": (JsonApi("https://sample.example/j", fields={"adress": "a"}),)}, "path 'adress'"),
        (
            {"discovery": (JsonApi("https://sample.example/j", fields={}, body='{"page": {}}', page="page.current"),)},
            "path 'page.current': leads to no number in the body",
        ),
        ({"from_link": ("body",)}, "from_link 'body' is none of"),
    ],
)
def test_a_wrong_source_is_refused_with_its_key_and_the_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(SourceError) as refusal:
        Source(**(GOOD | changes))
    assert str(refusal.value).startswith(f"source {changes.get('key', 'sample')}: ")
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(1, "one"), (2, "one")], "source one: two sources have this key"),
        ([(1, "one"), (1, "two")], "source two: number 1 is taken by another source"),
        ([(1, "one"), (3, "three")], "source three: number 3, but no source has number 2"),
    ],
)
def test_a_wrong_table_is_refused(rows: list[tuple[int, str]], message: str) -> None:
    sample = Source(**GOOD)
    with pytest.raises(SourceError) as refusal:
        table(replace(sample, number=number, key=key) for number, key in rows)
    assert str(refusal.value) == message


def test_an_unknown_key_suggests_similar_ones() -> None:
    with pytest.raises(UnknownSource) as refusal:
        source("goldman-sach")
    assert str(refusal.value) == "unknown source 'goldman-sach': did you mean goldman_sachs?"
    with pytest.raises(UnknownSource, match="`xinwen list` prints all keys"):
        source("xyzzy-qqq")


def test_mckinsey_opens_only_pages_for_all_users(captures: Path) -> None:
    access_of = source("mckinsey").access_of
    assert access_of
    data = (
        '{"props": {"pageProps": {"sitecoreContext": {"route": {"placeholders": {"jss-main": [{"fields": {"data":'
        '{"articleTemplate": {"accessStatus": {"targetItem": {"key": {"value": "%s"}}}}}}}]}}}}}}'
    )
    page = '<meta name="accesslevel" content="public"><script id="__NEXT_DATA__" type="application/json">%s</script>'
    assert access_of((page % (data % "AllUsers")).encode()) == "full"
    assert access_of((page % (data % "RegisteredUsers")).encode()) == "abstract"
    assert access_of((page % "{").encode()) == "abstract"
    assert access_of(b"<html></html>") == "abstract"
    captured = captures / "mckinsey/derived-html/what-is-a-semiconductor.html"
    assert access_of(captured.read_bytes()) == "abstract"


def test_intels_filings_are_known_by_accession_number() -> None:
    address_of = source("intel").address_of
    assert address_of
    path = "content/0000050863-26-000011/0000050863-26-000011.pdf"
    annual = f"https://www.intc.com/filings-reports/annual-reports/{path}"
    assert address_of(annual) == f"https://www.intc.com/filings-reports/all-sec-filings/{path}"


def test_smics_quarters_of_one_name_are_distinguished_by_their_order() -> None:
    row = source("smic")
    method, captured = row.discovery[0], datetime(2026, 11, 20, tzinfo=UTC)
    files = [f'<li><a href="/uploads/{number:08x}/ER_EN.pdf">PDF</a></li>' for number in range(4)]

    def titles(files: list[str]) -> list[str]:
        page = f'<div id="page_slide_0"><ul>{"".join(files)}</ul></div>'.encode()
        url = "https://www.smics.com/en/site/company_financialSummary?year=2025"
        return [link.title for link in read_entry_page(method, page, url, row, captured).links]

    assert titles(files) == [f"SMIC Quarterly Earnings: ER EN (Q{quarter} 2025)" for quarter in (4, 3, 2, 1)]
    assert titles(files[:3]) == ["SMIC Quarterly Earnings: ER EN (2025)"] * 3


def test_samsungs_documents_are_named_by_their_files() -> None:
    row = source("samsung")
    method = row.discovery[0]
    names = (
        "2026_2Q_conference_eng",
        "2023_3Q_conference_eng_01",
        "20200130_conference_eng",
        "2026_1Q_Interim_Report",
        "2025_con_quarter04_soi",
        "2025_SEC_Consolidated_Financial_statements",
    )
    folder = "//images.samsung.com/is/content/samsung/assets/global/ir/docs"
    page = "".join(f'<a href="{folder}/{name}.pdf">PDF</a>' for name in names).encode()
    links = read_entry_page(method, page, method.url, row, datetime(2026, 11, 20, tzinfo=UTC)).links
    assert links[0].url == f"https:{folder}/2026_2Q_conference_eng.pdf"
    assert [link.title.removeprefix("Samsung Electronics: ") for link in links] == [
        "Earnings presentation, Q2 2026",
        "Earnings presentation, Q3 2023",
        "Earnings presentation, Q4 2019",
        "Interim report, Q1 2026",
        "Consolidated statement of profit or loss, Q4 2025",
        "Consolidated financial statements, 2025",
    ]
    assert {link.access for link in links} == {"full"}


@pytest.mark.parametrize(
    ("key", "name"),
    [
        *((key, "published") for key in ("wsts", "pwc", "accenture", "kpmg")),
        ("mckinsey", "length"),
    ],
)
def test_a_date_that_a_site_never_has_is_no_shortcoming(key: str, name: str) -> None:
    assert shortcomings({name: 0}, source(key).thresholds) == []


def test_other_sources_still_miss_dates_and_texts() -> None:
    lax = {key for key, row in SOURCES.items() if not shortcomings({"published": 0.1}, row.thresholds)}
    assert lax == {"wsts", "pwc", "accenture", "kpmg"}
    assert all(shortcomings({"text": 0.1}, row.thresholds) for row in SOURCES.values())


def test_which_lists_show_everything() -> None:
    whole = [method.url for row in SOURCES.values() for method in row.discovery if getattr(method, "complete", False)]
    assert whole == [
        "https://investor.tsmc.com/english/quarterly-results/{year}/q{quarter}",
        "https://www.samsung.com/global/ir/financial-information/earnings-release/",
        "https://www.smics.com/en/site/company_financialSummary?year={year}",
        "https://www.smics.com/site/company_financialSummary?year={year}",
        "https://www.smics.com/en/site/company_financialSummary",
    ]
