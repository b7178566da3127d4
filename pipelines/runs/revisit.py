"""When a page is fetched again: the rules, free of network and database.

An article changes most when it is young. A page is therefore due again when its age has doubled since the last visit,
one day later at the earliest. Reports and filings do not change and are due after a year. A page that could not be
stored is due after a day, and so is a document that is read for nothing but the date of an article. A page whose entry
page says that it has changed is due at once, but only once a day where the entry page has said so before without a
change.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from crawler.discovery.methods import Link
from crawler.spider.link_ledger import SETTLED, STORED, LinkLedger, LinkOutcome
from store.documents.visits import Visit

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
"""An entry page is read whole at least this often: a site's own "not modified" must not hide a link for ever."""

YEAR = timedelta(days=365)
MAX_TITLE = 1000  # characters of a title that are stored and compared


def reason_to_fetch(visit: Visit | None, link: Link, now: datetime) -> str:
    """Why the page of *link* is fetched: ``new | due | back | modified | title``; "" when it need not be.

    *visit* is the last visit of the page, None where there is none.
    """
    if visit is None:
        return "new"
    if now >= visit.due:
        return "due"
    if visit.outcome == "stored" and visit.gone:
        return "back"
    if visit.trusted or now - visit.seen >= DAY:
        if link.modified and link.modified > (visit.modified or visit.seen):
            return "modified"
        if link.title and visit.title and link.title[:MAX_TITLE] != visit.title:
            return "title"
    return ""


def next_visit(result: LinkOutcome, first: datetime, now: datetime) -> datetime:
    """When the page of *result*, first seen at *first*, is due again."""
    if result.outcome == "blocked":
        return now
    if result.outcome not in STORED:
        return now + DAY
    if result.kind != "news":
        return now + YEAR
    age = now - (result.published or first)
    return now + min(max(age, DAY), YEAR)


def visit_of(
    result: LinkOutcome, source: str, ledger: LinkLedger, earlier: Visit | None, listed_at: list[str], now: datetime
) -> Visit:
    """The visit to store for the page of *result*; *earlier* is the visit before it."""
    etag, last_modified, _ = ledger.validators.get(result.address, ("", "", ""))
    visit = Visit(
        address=result.address,
        source=source,
        outcome="stored" if result.outcome in STORED else result.outcome,
        seen=now,
        due=result.due or now,
        article=result.article,
        etag=etag,
        last_modified=last_modified,
        title=result.link.title[:MAX_TITLE],
        modified=result.link.modified,
        dated_by=result.dated_by,
        listed_at=listed_at,
    )
    if result.why in ("modified", "title"):
        visit.trusted = result.outcome in ("new", "changed")
    if result.outcome == "not_modified" and earlier:
        visit.article = earlier.article
        visit.etag, visit.last_modified = etag or earlier.etag, last_modified or earlier.last_modified
    if result.outcome == "gone" and earlier:
        visit.article, visit.gone = earlier.article, earlier.gone or now
    return visit


def visits_of_entry_pages(ledger: LinkLedger, source: str, now: datetime) -> list[Visit]:
    """The visits of the entry pages for which the next crawl may send a conditional request.

    A 304 for an entry page hides all its links, so it is allowed only where every link has an outcome that it would
    have again. At least one of them must be good: when a source gives nothing, the next run must see that too. The
    pages of one list count as a group, since the later ones are not fetched where the first has not changed.
    """
    if ledger.partial:
        return []
    keys: dict[str, frozenset[str]] = {}
    for url, entry_page in ledger.entry_pages.items():
        group = url if entry_page.independent else entry_page.method
        keys[group] = keys.get(group, frozenset()) | entry_page.keys
    visits = []
    for url, entry_page in ledger.entry_pages.items():
        group = url if entry_page.independent else entry_page.method
        incomplete = not entry_page.independent and entry_page.method in ledger.incomplete
        if url not in ledger.validators or incomplete or not all(_settled(ledger, key) for key in keys[group]):
            continue
        if keys[group] and not any(_is_good(ledger.results[key]) for key in keys[group]):
            continue
        due = [result.due for key in keys[group] if (result := ledger.results[key]).due]
        visit = Visit(url, source, "entry", now, min([now + WEEK, *due]), further=entry_page.further)
        visit.etag, visit.last_modified, visit.digest = ledger.validators[url]
        visits.append(visit)
    return visits


def _is_good(result: LinkOutcome) -> bool:
    return result.outcome in STORED or bool(result.article)


def _settled(ledger: LinkLedger, key: str) -> bool:
    return key in ledger.results and ledger.results[key].outcome in SETTLED
