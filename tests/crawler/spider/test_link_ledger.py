"""Whatever happens in whatever order: every link found has one outcome, and the numbers add up."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from crawler.ledger import OUTCOMES, Ledger
from crawler.way import Link

LINKS = [Link(f"https://a.example/{number}") for number in range(6)]
KEYS = ["k1", "k2", "k3"]
EVENTS = st.one_of(
    st.tuples(st.just("end"), st.sampled_from(LINKS), st.sampled_from(["known", "gone", "blocked", "failed", "older"])),
    st.tuples(st.just("led"), st.sampled_from(LINKS), st.sampled_from(KEYS)),
    st.tuples(st.just("settle"), st.sampled_from(KEYS), st.sampled_from(["new", "unchanged", "quarantined", "lost"])),
)


@given(st.lists(EVENTS, max_size=30), st.integers(0, 6))
def test_counts_add_up(events: list[tuple], taken: int) -> None:
    stats: Counter[str] = Counter()
    ledger = Ledger(lambda name, number: stats.update({name: number}))
    ledger.find(8)
    ledger.drop("host", 2)
    ledger.drop("limit", 6 - taken)
    ledger.take((link.url, link) for link in LINKS[:taken])
    led: set[str] = set()
    for event, subject, told in events:
        if event == "settle":
            if subject in led:  # what the store settles has come from a link
                ledger.settle(subject, told)
        elif subject in LINKS[:taken]:
            if event == "end":
                ledger.end(subject, told, "reason")
            else:
                led.add(told)
                ledger.led(subject, told)
    outcomes = ledger.outcomes()
    assert set(outcomes) <= set(OUTCOMES)
    assert ledger.found == ledger.taken + ledger.dropped.total()
    assert outcomes.total() == ledger.taken == taken
    assert outcomes["unfinished"] == sum(not fate.outcome for fate in ledger.fates.values())
    assert min(outcomes.values()) >= 0
    assert stats["links/found"] == stats["links/taken"] + stats["links/dropped/host"] + stats["links/dropped/limit"]
    assert [fate for fate in ledger.ended() if not fate.outcome] == ledger.ended() == []


def test_two_links_that_lead_to_one_article_share_its_end() -> None:
    ledger = Ledger(lambda name, number: None)
    ledger.take((link.url, link) for link in LINKS[:4])
    ledger.led(LINKS[0], "article")
    ledger.led(LINKS[1], "article")
    ledger.settle("article", "new")
    ledger.led(LINKS[2], "article")
    assert [ledger.fates[link.url].outcome for link in LINKS[:4]] == ["new", "duplicate", "duplicate", ""]
    assert {ledger.fates[link.url].article for link in LINKS[:3]} == {"article"}


def test_what_is_lost_is_lost_under_every_address() -> None:
    ledger = Ledger(lambda name, number: None)
    ledger.take((link.url, link) for link in LINKS[:2])
    ledger.led(LINKS[0], "article")
    ledger.led(LINKS[1], "article")
    ledger.settle("article", "lost", reason="not stored")
    assert ledger.outcomes() == {"lost": 2, "unfinished": 0}
    assert ledger.fates[LINKS[1].url].article == ""
