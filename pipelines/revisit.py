"""When a page is asked for again: the rules, free of network and database.

An article changes most when it is young, so a page is due again when its age has doubled since it was last asked
for, a day later at the earliest. Reports and filings stay as they are. What was of no use is tried once a day. A page
that its entry says has changed is due at once, but only once a day where the entry has said so in vain before.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from crawler.ledger import SETTLED, STORED, Fate, Ledger
from crawler.way import Link
from store.pages import Page

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
"""An entry is read whole at least this often: a site's own "not modified" must not hide a link for ever."""

YEAR = timedelta(days=365)
TITLE = 1000  # characters that are remembered


def reason_to_ask(page: Page | None, link: Link, now: datetime) -> str:
    """Why the page of *link* is asked for: ``new | due | back | modified | title``; "" when it need not be."""
    if page is None:
        return "new"
    if now >= page.due:
        return "due"
    if page.outcome == "stored" and page.gone:
        return "back"
    if page.trusted or now - page.seen >= DAY:
        if link.modified and link.modified > (page.modified or page.seen):
            return "modified"
        if link.title and page.title and link.title[:TITLE] != page.title:
            return "title"
    return ""


def next_time(fate: Fate, first: datetime, now: datetime) -> datetime:
    """When the page of *fate*, first seen at *first*, is due again."""
    if fate.outcome == "blocked":
        return now
    if fate.outcome not in STORED:
        return now + DAY
    if fate.kind != "news":
        return now + YEAR
    age = now - (fate.published or first)
    return now + min(max(age, DAY), YEAR)


def page_of(fate: Fate, source: str, ledger: Ledger, old: Page | None, listed_at: list[str], now: datetime) -> Page:
    """What is to be remembered of *fate*."""
    etag, last_modified, _ = ledger.validators.get(fate.address, ("", "", ""))
    page = Page(
        address=fate.address,
        source=source,
        outcome="stored" if fate.outcome in STORED else fate.outcome,
        seen=now,
        due=fate.due or now,
        article=fate.article,
        etag=etag,
        last_modified=last_modified,
        title=fate.link.title[:TITLE],
        modified=fate.link.modified,
        listed_at=listed_at,
    )
    if fate.why in ("modified", "title"):
        page.trusted = fate.outcome in ("new", "changed")
    if fate.outcome == "not_modified" and old:
        page.article, page.etag, page.last_modified = old.article, etag or old.etag, last_modified or old.last_modified
    if fate.outcome == "gone" and old:
        page.article, page.gone = old.article, old.gone or now
    return page


def entries_to_remember(ledger: Ledger, source: str, now: datetime) -> list[Page]:
    """The entries whose "not modified" will mean next time that nothing is lost by it.

    That is so when every link of theirs has come to an end that it would have again, and not all of them to a bad
    one: of a source that gives nothing the next run must say so too. Pages of a list hang together:
    where the first has not changed the others are not asked for.
    """
    if ledger.partial:
        return []
    keys: dict[str, frozenset[str]] = {}
    for url, shown in ledger.shown.items():
        group = url if shown.alone else shown.way
        keys[group] = keys.get(group, frozenset()) | shown.keys
    pages = []
    for url, shown in ledger.shown.items():
        group = url if shown.alone else shown.way
        spoiled = not shown.alone and shown.way in ledger.spoiled
        if url not in ledger.validators or spoiled or not all(_settled(ledger, key) for key in keys[group]):
            continue
        if keys[group] and not any(_is_good(ledger.fates[key]) for key in keys[group]):
            continue
        due = [fate.due for key in keys[group] if (fate := ledger.fates[key]).due]
        page = Page(url, source, "entry", now, min([now + WEEK, *due]), further=shown.further)
        page.etag, page.last_modified, page.digest = ledger.validators[url]
        pages.append(page)
    return pages


def _is_good(fate: Fate) -> bool:
    return fate.outcome in STORED or bool(fate.article)


def _settled(ledger: Ledger, key: str) -> bool:
    return key in ledger.fates and ledger.fates[key].outcome in SETTLED
