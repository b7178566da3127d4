"""What a watch tells is what the search lists; each story once, whatever the order, the writers and the kills."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts import outbox, watches
from alerts.errors import WatchError
from alerts.matcher import Matcher, stored_options
from alerts.previews import preview
from alerts.watches import Watch, question_of
from pipelines.tokenize import Tokenized
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.option_values import MAX_HITS
from store.connection import connect
from tests.alerts.conftest import ROWS, Writer, articles, tokenized


def add(index: SimilarityIndex, name: str, **options: object) -> Watch:
    """A watch with a question of *options*; those of a watch are taken out of them."""
    own = {key: options.pop(key) for key in ("each_article", "changes", "targets") if key in options}
    question, min_score = question_of(index, options)
    return watches.add(index.database, Watch(name, question, min_score, **own))


def notified(index: SimilarityIndex, watch: Watch) -> list[str]:
    """The titles of what the watch has notified."""
    rows = index.database.outbox.find({"watch": watch.id, "notified": True, "kind": "article"}).sort("found", 1)
    return [row["entry"]["title"] for row in rows]


class CheckedMatcher(Matcher):
    """Compares each step with searches in the same snapshot, and with the stories as they are then."""

    def _found(self, ids: Sequence[str], active: Sequence[Watch]) -> list[tuple[Watch, dict[str, float]]]:
        found = super()._found(ids, active)
        by_name = {watch.name: scores for watch, scores in found}
        for watch in active:
            try:
                options = stored_options(self.index, watch)
                wanted = frozenset(ids) if options.ids is None else options.ids
                options = replace(options, k=MAX_HITS, ids=wanted)
                question = watch.question
                ranking = self.index.ranking(options, question.passage or question.q, question.like)
            except QueryError:  # no article of the source yet
                assert watch.name not in by_name
                continue
            assert by_name.get(watch.name, {}) == dict(ranking.scored), watch
        return found

    def checked_step(self) -> int:
        """A step, whose new rows follow the rule of stories."""
        database = self.index.database
        before = {row["_id"] for row in database.outbox.find({}, {"_id": 1})}
        number = self.step()
        story_of = {row["_id"]: row["story"] for row in database.articles.find({}, {"story": 1})}
        rows = defaultdict(list)
        for row in database.outbox.find():
            rows[row["watch"], story_of[row["article"]]].append(row)
        for of_story in rows.values():
            new = [row for row in of_story if row["_id"] not in before]
            if new:  # stories that merge may have been notified apart; nothing more is notified then
                old_notified = [row for row in of_story if row["notified"] and row["_id"] in before]
                assert sum(row["notified"] for row in new) == (not old_notified)
        return number


def run(index: SimilarityIndex, uri: str, items: list[Tokenized], queries: list[dict], seed: int) -> Matcher:
    """Match *queries* with *items*, stored by two writers at once in shuffled order."""
    chance = random.Random(seed)
    for number, options in enumerate(queries):
        add(index, f"watch {number}", **options)
    matcher = CheckedMatcher(index)
    shuffled = chance.sample(items, len(items))

    def write(part: list[Tokenized]) -> None:
        database = connect(uri)
        writer = Writer(database)
        while part:
            size = 1 + len(part) // 2
            writer.store(part[:size])
            part = part[size:]
        database.client.close()

    with ThreadPoolExecutor(2) as threads:
        writing = [threads.submit(write, shuffled[start::2]) for start in range(2)]
        while not all(one.done() for one in writing):
            matcher.checked_step()
        for one in writing:
            one.result()
    while matcher.checked_step():
        pass
    return matcher


def questions(number: int, seed: int, rows: Sequence[dict]) -> list[dict]:
    """Questions on the matters of the labelled articles, with all kinds of filters."""
    chance = random.Random(seed)
    found = []
    for place in range(number):
        title = chance.choice(rows)["title"]
        words = title.split()
        text = title if len(words) < 4 else " ".join(chance.sample(words, 3))
        options: dict = {"q": text.replace('"', " ").replace("-", " "), "min_score": chance.choice([0.1, 0.3, 0.5])}
        if place % 4 == 1:
            options["language"] = [chance.choice(["zh", "en"])]
        if place % 5 == 2:
            options["across"] = False
        if place % 6 == 3:
            options["company"] = [chance.choice(["台积电", "Samsung", "Intel"])]
        if place % 7 == 4:
            options["not"] = [chance.choice(["HBM4", '"price"', "中芯国际"])]
        found.append(options)
    usable = []
    for options in found:
        if not ("not" in options and any(word.strip('"') in options["q"] for word in options["not"])):
            usable.append(options)
    return usable


def test_twenty_watches_tell_what_the_search_lists(index, uri: str, forty) -> None:
    run(index, uri, forty, questions(20, 1, ROWS[:40]), 1)
    rows = list(index.database.outbox.find())
    assert sum(row["notified"] for row in rows) > 20 and not all(row["notified"] for row in rows)
    assert index.database.articles.count_documents({"unmatched": {"$exists": True}}) == 0


@pytest.mark.slow
def test_two_hundred_watches_tell_what_the_search_lists(index, uri: str) -> None:
    items = [tokenized(article) for article in articles(300)]
    run(index, uri, items, questions(230, 2, ROWS)[:200], 2)
    assert index.database.watches.count_documents({}) == 200
    assert index.database.outbox.count_documents({"notified": True}) > 300


def test_only_what_is_stored_after_the_watch_is_notified(index, writer: Writer, forty) -> None:
    writer.store(forty[:20])
    text = forty[0].article.title
    watch = add(index, "all", q=text, min_score=0.01)
    matcher = Matcher(index)
    assert matcher.step() == 20
    assert notified(index, watch) == []
    writer.store(forty[20:])
    assert matcher.step() == 20
    later = {item.article.title for item in forty[20:]}
    assert notified(index, watch) and set(notified(index, watch)) <= later

    watches.pause(index.database, "all")
    number = len(notified(index, watch))
    changed = [replace_text(item, "先进封装产能 " + item.article.body) for item in forty[20:]]
    writer.store(changed)
    matcher.step()
    watches.resume(index.database, "all")
    assert matcher.step() == 0 and len(notified(index, watch)) == number


def replace_text(item: Tokenized, body: str) -> Tokenized:
    return tokenized(replace_article(item, body))


def replace_article(item: Tokenized, body: str):
    article = replace(item.article)
    article.body = body
    return article


def test_parted_and_merged_stories_tell_nothing_twice(index, writer: Writer, forty) -> None:
    watch = add(index, "once", q=forty[0].article.title, min_score=0.01)
    every = add(index, "every", q=forty[0].article.title, min_score=0.01, each_article=True)
    matcher = Matcher(index)
    writer.store(forty)
    matcher.step()
    first = notified(index, watch)
    keys = {item.article.id for item in forty}
    stories = {row["story"] for row in index.database.articles.find({}, {"story": 1})}
    assert len(first) <= len(stories) < len(keys)
    assert len(notified(index, every)) > len(first), "each article"

    # Every story is parted, then all are one; each time every article is matched once more.
    for story in (lambda key: key, lambda _: min(keys)):
        for key in keys:
            index.database.articles.update_one({"_id": key}, {"$set": {"story": story(key), "unmatched": "ready"}})
        assert matcher.step() == len(keys)
        assert notified(index, watch) == first


def test_another_article_tells_a_held_story_whose_id_has_changed(index, writer: Writer, forty) -> None:
    new, held = sorted(forty[:2], key=lambda item: item.article.id)
    database, title = index.database, f"{new.article.title} {held.article.title}"
    watch, matcher = add(index, "w", q=title, min_score=0.01), Matcher(index)
    writer.store([held])
    matcher.step()
    writer.store([new])
    database.articles.update_many({}, {"$set": {"story": new.article.id}})  # the smaller of the two
    matcher.step()
    assert notified(index, watch) == [held.article.title]
    (row,) = database.outbox.find({"notified": True})
    database.articles.delete_one({"_id": held.article.id})
    stored = {"_id": "msg", "matches": [row["_id"]], "made": watch.made, "summary": False}
    (entry,) = outbox.message_of(database, watch, stored).entries
    assert (entry.article, entry.title) == (new.article.id, new.article.title)


def test_changes_are_notified_where_the_text_has_changed(index, writer: Writer, forty) -> None:
    item = forty[0]
    writer.store([item])
    plain = add(index, "plain", q=item.article.title, min_score=0.01)
    changes = add(index, "changes", q=item.article.title, min_score=0.01, changes=True)
    matcher = Matcher(index)
    matcher.step()
    assert notified(index, plain) == notified(index, changes) == []
    for number in (1, 2):
        writer.store([replace_text(item, f"{item.article.body} Correction {number}.")])
        matcher.step()
        index.database.articles.update_one({"_id": item.article.id}, {"$set": {"unmatched": "ready"}})
        matcher.step()  # the same text once more
        assert (len(notified(index, plain)), len(notified(index, changes))) == (0, number)


def test_an_article_is_a_question_and_its_story_is_known(index, writer: Writer, forty) -> None:
    by_story = defaultdict(list)
    writer.store(forty)
    for row in index.database.articles.find({}, {"story": 1}):
        by_story[row["story"]].append(row["_id"])
    own = max(by_story.values(), key=len)
    assert len(own) > 1
    index.refresh()
    watch = add(index, "like", like=own[0], min_score=0.01)
    each = add(index, "each", like=own[0], min_score=0.01, each_article=True)
    since = {"$set": {"first_stored": each.since, "unmatched": "ready"}}
    index.database.articles.update_many({}, since)
    Matcher(index).step()
    titles = {item.article.id: item.article.title for item in forty}
    assert not {titles[key] for key in own} & set(notified(index, watch)) and notified(index, watch)
    found = set(notified(index, each))
    assert titles[own[1]] in found
    assert index.database.outbox.count_documents({"watch": each.id, "article": own[0]}) == 0


def test_articles_wait_for_their_story_but_not_for_a_killed_writer(index, writer: Writer, forty) -> None:
    watch = add(index, "all", q=forty[0].article.title, min_score=0.01)
    writer.store(forty[:1])
    index.database.articles.update_many({}, {"$set": {"unmatched": "ungrouped"}})
    matcher = Matcher(index)
    assert matcher.step() == 0
    index.database.articles.update_many({}, [{"$set": {"stored": {"$add": ["$stored", -61_000]}}}])
    assert matcher.step() == 1
    assert len(notified(index, watch)) == 1


def test_what_the_index_has_not_yet_stays_unmatched(index, writer: Writer, forty, monkeypatch) -> None:
    watch = add(index, "all", q=forty[0].article.title, min_score=0.01)
    writer.store(forty[:1])
    matcher = Matcher(index)
    monkeypatch.setattr(index, "refresh", lambda: 0)  # as from a secondary of MongoDB that is behind
    assert matcher.step() == 0
    monkeypatch.undo()
    assert matcher.step() == 1
    assert len(notified(index, watch)) == 1


def test_one_matcher_works_at_a_time(index, writer: Writer, forty) -> None:
    add(index, "all", q=forty[0].article.title, min_score=0.01)
    writer.store(forty[:2])
    first, second = Matcher(index), Matcher(index)
    assert first.lease.hold()
    assert second.step() == 0
    first.lease.release()
    second.lease = Matcher(index).lease
    assert second.step() == 2
    assert second.lease.number == first.lease.number + 1


WRONG = [
    ({"q": ""}, "no question"),
    ({"q": "的"}, "no words to search for"),
    ({"q": "台积电 -台积电"}, "asked for and excluded"),
    ({"q": "HBM4", "since": "2026-02-01", "until": "2026-01-01"}, "no day is since"),
    ({"q": "HBM4", "like": "0" * 24}, "both say what is searched for"),
    ({"like": "0" * 24}, "no article '0{24}' is stored"),
    ({"q": "HBM4", "source": "nowhere"}, "no article of source 'nowhere'"),
    ({"q": "HBM4", "min_score": 1.5}, "min_score 1.5 is no threshold"),
    ({"q": "HBM4", "min_score": 0}, "min_score 0 is no threshold"),
    ({"q": "HBM4", "min_score": "much"}, "min_score 'much' is no number"),
    ({"q": "HBM4", "k": 5}, "a watch has no option k"),
    ({"q": "HBM4", "model": "bm25"}, "a watch has no option model"),
]


def test_a_wrong_question_is_refused_in_one_line(index) -> None:
    for options, message in WRONG:
        with pytest.raises(QueryError, match=message) as caught:
            question_of(index, options)
        assert "\n" not in str(caught.value)
    assert index.database.watches.count_documents({}) == 0


def test_a_source_may_have_its_first_article_later(index, writer: Writer, forty) -> None:
    one = forty[0].article
    other = next(item.article.source for item in forty if item.article.source != one.source)
    alone = add(index, "alone", q=one.title, min_score=0.3, source=[one.source])
    two = add(index, "two", q=one.title, min_score=0.3, source=[one.source, "wsts"])
    none = add(index, "none", q=one.title, min_score=0.3, source=["wsts"], category=["行业协会"])
    with pytest.raises(QueryError, match="no article of source 'nowhere' is indexed"):
        add(index, "nowhere", q=one.title, source=["nowhere"])
    matcher = CheckedMatcher(index)
    writer.store([item for item in forty if item.article.source == other])
    matcher.checked_step()
    assert preview(index, alone.question, 0.3).thresholds[0].articles == 0 == len(notified(index, two))
    writer.store(forty)
    matcher.checked_step()
    assert one.title in notified(index, alone) and notified(index, two) == notified(index, alone)
    assert preview(index, two.question, 0.3).thresholds == preview(index, alone.question, 0.3).thresholds
    assert not notified(index, none) and not watches.find(index.database, "none").fault


def test_a_preview_has_the_own_threshold_exactly_and_two_others(index, writer: Writer, forty) -> None:
    writer.store(forty)
    index.refresh()
    text = max(forty, key=lambda item: item.article.published).article.title
    question, _ = question_of(index, {"q": text})
    for own, others in [(0.004, [0.104, 0.204]), (1.0, [0.8, 0.9]), (0.4567, [0.3567, 0.5567])]:
        found = preview(index, question, own)
        assert [one.min_score for one in found.thresholds] == sorted([own, *others])
    best = preview(index, question, 0.004).examples[0].score
    for own, stories in ((best - 1e-6, 1), (best + 1e-6, 0)):
        assert {one.min_score: one.stories for one in preview(index, question, own).thresholds}[own] == stories


def test_a_preview_of_other_days_finds_nothing(index, writer: Writer, forty) -> None:
    writer.store(forty)
    index.refresh()
    newest = max(forty, key=lambda item: item.article.published).article
    day, text = newest.published.date(), newest.title
    for options in ({"until": "2020-01-01"}, {"since": "2090-01-01"}, {"q": f"{text} until:2020-01-01"}):
        question, own = question_of(index, {"q": text} | options)
        found = preview(index, question, own)
        assert [one.stories for one in found.thresholds] == [0, 0, 0] and not found.examples
    for options in ({"since": day - timedelta(days=2)}, {"q": f"{text} until:{day + timedelta(days=2)}"}):
        question, own = question_of(index, {"q": text} | options)
        assert preview(index, question, own).examples[0].article.title == text


def test_names_are_one_each(index) -> None:
    add(index, "cowos 产能", q="CoWoS")
    with pytest.raises(WatchError, match="there is a watch 'cowos 产能' already"):
        add(index, " cowos  产能 ", q="HBM4")
    with pytest.raises(WatchError, match="no name of a watch"):
        add(index, "a/b", q="HBM4")
    with pytest.raises(WatchError, match="there is no watch 'x'; there are cowos 产能"):
        watches.find(index.database, "x")
    watches.remove(index.database, "cowos 产能")
    assert watches.all_watches(index.database) == []
