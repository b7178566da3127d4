"""``Reports``, and the selection of an entry page's links."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.discovery.methods import Feed, Link, ListedDocument, Reports, Sitemap
from crawler.discovery.reader import method_label, methods_by_part, start_urls
from crawler.discovery.reports import period_of
from tests.crawler.discovery.sample_entry_pages import NOW, SITE, make_source, read, rss


class TestReports:
    method = Reports(f"{SITE}/ir?year={{year}}", file=r"\.(pdf|xlsx)($|\?)", years=2)

    def read(self, page: str, **facts: Any) -> list[Link]:
        hosts = ("cdn.example",)
        return read(replace(self.method, url=f"{SITE}/ir?year=2026"), page, hosts=hosts, **facts).links

    def test_protocol_relative_spaced_and_escaped_addresses(self) -> None:
        page = """<a href="//cdn.example/2026_2Q_conference_eng.pdf">PDF</a> <a href="/up/2Q2026 Call(en).pdf">PDF</a>
            <a href="/up/%26e4%26b8_2026.pdf">PDF</a> <a href="mailto:x.pdf">x</a> <a href="/page.html">x</a>"""
        assert [link.url for link in self.read(page)] == [
            "https://cdn.example/2026_2Q_conference_eng.pdf",
            f"{SITE}/up/2Q2026%20Call(en).pdf",
            f"{SITE}/up/%26e4%26b8_2026.pdf",
        ]

    def test_title_period_and_date_of_a_line(self) -> None:
        page = """<table><tr><td>May 14, 2026</td><td>First Quarter Results</td><td><a href="1Q2026_ER.pdf">PDF (1.2 MB)
            </a></td></tr><tr><td>2026-02-10</td><td><a href="b.xlsx">Balance Sheet 2025</a></td></tr></table>"""
        first, second = self.read(page)
        assert first == Link(
            url=f"{SITE}/1Q2026_ER.pdf",
            title="First Quarter Results (Q1 2026)",
            published=datetime(2026, 5, 13, 16, tzinfo=UTC),
            kind="report",
        )
        assert (second.title, second.kind) == ("Balance Sheet 2025", "data")
        assert second.published == datetime(2026, 2, 9, 16, tzinfo=UTC)

    def test_of_several_dates_none_is_taken(self) -> None:
        page = '<p><a href="a.pdf">Report</a> for January 1, 2026 to March 31, 2026</p>'
        assert self.read(page)[0].published is None

    def test_panels_give_kind_and_name(self) -> None:
        method = replace(self.method, panels={"#one": ("Quarterly", "report"), "#two": ("History", "data")})
        seen: list[tuple[str, str, int, int]] = []

        def document_of(document: ListedDocument, link: Link) -> Link | None:
            seen.append((document.label, document.kind, document.namesakes_before, document.namesakes))
            return link if document.label else None

        page = """<div id=two><a href=h.pdf>History</a></div><div id=one><a href=a.pdf>First one</a>
            <a href=b.pdf>Second one</a></div><a href=c.pdf>Elsewhere</a>"""
        links = read(method, page, document_of=document_of).links
        assert [(link.title.split(" (")[0], link.kind, link.tags) for link in links] == [
            ("First one", "report", ("Quarterly",)),
            ("Second one", "report", ("Quarterly",)),
            ("History", "data", ("History",)),
        ]
        assert seen == [
            ("Quarterly", "report", 0, 1),
            ("Quarterly", "report", 0, 1),
            ("History", "data", 0, 1),
            ("", "report", 0, 1),
        ]

    def test_addresses_of_years_and_quarters(self) -> None:
        assert start_urls(self.method, NOW) == [f"{SITE}/ir?year=2026", f"{SITE}/ir?year=2025"]
        quarters = Reports(f"{SITE}/{{year}}/q{{quarter}}", years=2)
        assert start_urls(quarters, datetime(2026, 5, 1, tzinfo=UTC)) == [
            f"{SITE}/{place}" for place in ("2026/q2", "2026/q1", "2025/q4", "2025/q3", "2025/q2", "2025/q1")
        ]

    @pytest.mark.parametrize(
        ("text", "period"),
        [
            ("2026_2Q_conference_eng", "Q2 2026"),
            ("2Q26 EarningsRelease", "Q2 2026"),
            ("Q4+22_EarningsRelease", "Q4 2022"),
            ("2025_con_quarter04_soi", "Q4 2025"),
            ("quarterly-results/2026/q1", "Q1 2026"),
            ("2024 Annual Report", "2024"),
            ("2021 to 2025", ""),
            ("ER_EN", ""),
            ("e00981", ""),
        ],
    )
    def test_periods(self, text: str, period: str) -> None:
        assert period_of(text) == period


class TestSelection:
    def links(self, *addresses_: str) -> str:
        return rss(*(f"<item><title>t</title><link>{address}</link></item>" for address in addresses_))

    def test_hosts_pattern_and_mapping(self) -> None:
        def address_of(url: str) -> str:
            return url.replace("://dead.example/", "://sample.example/")

        data = self.links(
            "/news/1", "https://other.example/news/2", "/about", "http://dead.example/news/3", "javascript:x"
        )
        page = read(Feed(f"{SITE}/feed"), data, include="/news/", address_of=address_of)
        assert [link.url for link in page.links] == [f"{SITE}/news/1", "http://sample.example/news/3"]
        assert (page.found, page.dropped) == (2, {"host": 1, "include": 1, "address": 1})

    def test_one_page_under_several_addresses(self) -> None:
        data = self.links("/News/1?utm_source=a", "/news/1", "/News/1")
        assert [link.url for link in read(Feed(f"{SITE}/feed"), data).links] == [
            f"{SITE}/News/1?utm_source=a",
            f"{SITE}/news/1",
        ]
        page = read(Feed(f"{SITE}/feed"), data, same_page=lambda url: url.split("?")[0].lower())
        assert (len(page.links), page.dropped) == (1, {"duplicate": 2})

    def test_parts_and_their_names(self) -> None:
        methods = (Feed(f"{SITE}/a"), Feed(f"{SITE}/b", part="b"), Sitemap(f"{SITE}/c"))
        assert methods_by_part(make_source(discovery=methods)) == [[methods[0], methods[2]], [methods[1]]]
        assert method_label(methods[2]) == f"sitemap {SITE}/c"
