"""The link ledger: every taken link has exactly one outcome, in whatever order the events come, and counts add up."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.methods import Link
from crawler.spider.link_ledger import OUTCOMES, LinkLedger

LINKS = [Link(f"https://a.example/{number}") for number in range(6)]
KEYS = ["k1", "k2", "k3"]
EVENTS = st.one_of(
    st.tuples(st.just("end"), st.sampled_from(LINKS), st.sampled_from(["known", "gone", "blocked", "failed", "older"])),
    st.tuples(st.just("leads_to"), st.sampled_from(LINKS), st.sampled_from(KEYS)),
    st.tuples(st.just("settle"), st.sampled_from(KEYS), st.sampled_from(["new", "unchanged", "quarantined", "lost"])),
)


@given(st.lists(EVENTS, max_size=30), st.integers(0, 6))
def test_counts_add_up(events: list[tuple], taken: int) -> None:
    stats: Counter[str] = Counter()
    ledger = LinkLedger(lambda name, number: stats.update({name: number}))
    ledger.count_found(8)
    ledger.drop("host", 2)
    ledger.drop("limit", 6 - taken)
    ledger.take((link.url, link) for link in LINKS[:taken])
    articles: set[str] = set()
    for event, subject, detail in events:
        if event == "settle":
            if subject in articles:  # the store settles only articles that a link has led to
                ledger.settle(subject, detail)
        elif subject in LINKS[:taken]:
            if event == "end":
                ledger.end(subject, detail, "reason")
            else:
                articles.add(detail)
                ledger.leads_to(subject, detail)
    outcomes = ledger.outcomes()
    assert set(outcomes) <= set(OUTCOMES)
    assert ledger.found == ledger.taken + ledger.dropped.total()
    assert outcomes.total() == ledger.taken == taken
    assert outcomes["unfinished"] == sum(not result.outcome for result in ledger.results.values())
    assert min(outcomes.values()) >= 0
    assert stats["links/found"] == stats["links/taken"] + stats["links/dropped/host"] + stats["links/dropped/limit"]
    assert [result for result in ledger.ended() if not result.outcome] == ledger.ended() == []


def test_two_links_that_lead_to_one_article_share_its_outcome() -> None:
    ledger = LinkLedger(lambda name, number: None)
    ledger.take((link.url, link) for link in LINKS[:4])
    ledger.leads_to(LINKS[0], "article")
    ledger.leads_to(LINKS[1], "article")
    ledger.settle("article", "new")
    ledger.leads_to(LINKS[2], "article")
    assert [ledger.results[link.url].outcome for link in LINKS[:4]] == ["new", "duplicate", "duplicate", ""]
    assert {ledger.results[link.url].article for link in LINKS[:3]} == {"article"}


def test_an_article_that_is_not_stored_is_lost_for_every_link() -> None:
    ledger = LinkLedger(lambda name, number: None)
    ledger.take((link.url, link) for link in LINKS[:2])
    ledger.leads_to(LINKS[0], "article")
    ledger.leads_to(LINKS[1], "article")
    ledger.settle("article", "lost", reason="not stored")
    assert ledger.outcomes() == {"lost": 2, "unfinished": 0}
    assert ledger.results[LINKS[1].url].article == ""
