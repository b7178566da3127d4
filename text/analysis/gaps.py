"""What the glossary lacks and what it finds wrongly in a collection: ``python -m text.analysis.glossary gaps FILES``.

Reads .jsonl files (``title`` with ``text`` or ``body``) and plain text, a paragraph a line. Prints three lists by
frequency, each name with a place where it stands:

* unknown names in Latin letters: neighbouring words that the collection hardly ever writes in lower case;
* Chinese names that are cut apart or guessed: neighbouring words of jieba with a single character among them, and words
  that are in no dictionary, where pointwise mutual information and the entropy of their neighbours say that they are
  (the usual measures of new-word detection);
* names of the glossary that seem to join what is not meant: mostly in lower case, or mostly a part of one longer name.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import log2
from pathlib import Path

import jieba

from text.analysis.analyzer import Analyzer
from text.analysis.chinese import han_segmenter
from text.analysis.glossary import glossary
from text.analysis.normalize import normalize_characters
from text.analysis.stopwords import STOP_WORDS
from text.analysis.term_finder import TermMatch
from text.language import ALL_HAN

MIN_COUNT = 4
MAX_LOWER = 0.1
"""Share of a word's occurrences that may be in lower case; a word with more is no name, but in a heading."""
MIN_MUTUAL_INFORMATION = 5.0
MIN_ENTROPY = 1.5
LONGEST = 6
"""Han characters of a name that is cut apart."""
MIN_SHARE = 0.5
"""Share of a glossary name's occurrences that are in lower case, or in one longer name, from which it is reported."""

_WORD = re.compile(r"(?:[^\W_\u0e00-\uffff]|(?<=\w)[-.'&+](?=\w))+")
_HAN_RUN = re.compile(f"[{ALL_HAN}]+")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;。！？：；“”\"'(—|-])\W*$")
_CONTEXT = 18  # characters that an example shows on either side


@dataclass(frozen=True, slots=True)
class Gap:
    """A name, how often it occurs, what is wrong, and a place where it stands."""

    name: str
    count: int
    reason: str
    example: str


@dataclass
class Places:
    """How often things occur, and where each stood first."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, text: str, start: int, end: int) -> None:
        """Counts *name*, which stands at ``text[start:end]``."""
        self.counts[name] += 1
        if name not in self.examples:
            self.examples[name] = " ".join(text[max(0, start - _CONTEXT) : end + _CONTEXT].split())

    def gap(self, name: str, reason: str) -> Gap:
        return Gap(name, self.counts[name], reason, self.examples[name])


class AnnotatedTexts:
    """The texts of a collection and the glossary terms in them."""

    def __init__(self, texts: Iterable[str]) -> None:
        analyzer = Analyzer()
        self.texts = [text for text in texts if text.strip()]
        self.matches: list[list[TermMatch]] = [analyzer.terms_of_trade(text) for text in self.texts]

    @cached_property
    def lower(self) -> dict[str, float]:
        """Of each Latin word in lower case, the share of its occurrences that are written so, inside a sentence."""
        lower: Counter[str] = Counter()
        capital: Counter[str] = Counter()
        for text in self.texts:
            for word in _WORD.finditer(text):
                written = word[0]
                if written == written.lower():
                    lower[written] += 1
                elif not _SENTENCE_START.search(text[max(0, word.start() - 3) : word.start()]):
                    capital[written.lower()] += 1
        return {word: lower[word] / (lower[word] + capital[word]) for word in lower | capital}

    def _is_name(self, word: str) -> bool:
        is_written = word != word.lower() and not word.isdecimal() and len(word) > 1
        return is_written and self.lower.get(word.lower(), 1.0) <= MAX_LOWER and word.lower() not in STOP_WORDS

    def latin_names(self) -> Iterator[tuple[str, str, int, int, list[TermMatch]]]:
        """Runs of words that are names: the run, its text, its place, and the glossary terms in it."""
        for text, matches in zip(self.texts, self.matches, strict=True):
            run: list[re.Match[str]] = []
            for word in [*_WORD.finditer(text), None]:
                joined = word and run and text[run[-1].end() : word.start()] == " "
                if run and (not joined or not (word and self._is_name(word[0]))):
                    start, end = run[0].start(), run[-1].end()
                    inside = [match for match in matches if match.start < end and start < match.end]
                    yield text[start:end], text, start, end, inside
                    run = []
                if word and self._is_name(word[0]):
                    run.append(word)


def unknown_latin(annotated: AnnotatedTexts) -> list[Gap]:
    """Frequent names in Latin letters of which the glossary knows nothing."""
    found = Places()
    for name, text, start, end, inside in annotated.latin_names():
        if not inside:
            found.add(name.removesuffix("'s").removesuffix("’s"), text, start, end)
    return _most_frequent(found, "unknown")


def unknown_chinese(annotated: AnnotatedTexts) -> list[Gap]:
    """Frequent Chinese names that are cut apart, or that jieba guesses and no dictionary has; simplified."""
    cut, dictionary = han_segmenter(), jieba.Tokenizer()
    jieba.setLogLevel("WARNING")  # it reports on stderr that it loads its dictionary, as if that were an error
    dictionary.initialize()
    found, pieces_of, runs = Places(), {}, []
    for text, matches in zip(annotated.texts, annotated.matches, strict=True):
        known = {place for match in matches for place in range(match.start, match.end)}
        for run in _HAN_RUN.finditer(text):
            runs.append(normalize_characters(run[0]))
            for pieces, start in _candidates(cut(runs[-1]), run.start()):
                name = "".join(pieces)
                end = start + len(name)
                if known.isdisjoint(range(start, end)) and not (len(pieces) == 1 and dictionary.FREQ.get(name)):
                    found.add(name, text, start, end)
                    pieces_of[name] = pieces
    joined = "\n".join(runs)
    gaps = [
        found.gap(name, "cut " + "/".join(pieces_of[name]) if len(pieces_of[name]) > 1 else "guessed")
        for name, count in found.counts.most_common()
        if count >= MIN_COUNT and _is_one_word(name, joined)
    ]
    return [gap for gap in gaps if not any(_swallows(other, gap) for other in gaps)]


def _candidates(words: list[str], start: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """Single words and neighbouring words with a single character among them, with where they begin."""
    for first, word in enumerate(words):
        for last in range(first, len(words)):
            pieces = tuple(words[first : last + 1])
            if sum(map(len, pieces)) > LONGEST or words[last] in STOP_WORDS or word in STOP_WORDS:
                break
            if len(pieces) == 1 and len(word) == 1:
                continue
            if len(pieces) == 1 or min(map(len, pieces)) == 1:
                yield pieces, start
        start += len(word)


def _is_one_word(name: str, joined: str) -> bool:
    """Whether the parts of *name* hold together, and what stands beside it varies, in the runs *joined* by newlines."""
    size, count = len(joined), joined.count(name)
    parts = [(joined.count(name[:place]), joined.count(name[place:])) for place in range(1, len(name))]
    if not parts or min(log2(count * size / (left * right)) for left, right in parts) < MIN_MUTUAL_INFORMATION:
        return False
    places = [match.start() for match in re.finditer(re.escape(name), joined)]
    before = (joined[place - 1] if place else "\n" for place in places)
    after = (joined[place + len(name) : place + len(name) + 1] or "\n" for place in places)
    return min(_entropy(before), _entropy(after)) >= MIN_ENTROPY


def _entropy(neighbours: Iterable[str]) -> float:
    """Bits; every end of a run is a neighbour of its own."""
    counts = Counter(neighbours)
    shares = [1] * counts.pop("\n", 0) + [*counts.values()]
    return -sum(share / sum(shares) * log2(share / sum(shares)) for share in shares)


def _swallows(longer: Gap, shorter: Gap) -> bool:
    """Whether *shorter* is hardly more than a part of *longer*."""
    return longer is not shorter and shorter.name in longer.name and longer.count >= 0.7 * shorter.count


def doubtful(annotated: AnnotatedTexts) -> list[Gap]:
    """Names of the glossary that stand mostly in lower case where they have capitals, or mostly in one longer name."""
    named: Counter[str] = Counter()
    lower, longer = Places(), Places()
    english = [name for term in glossary().terms for name in term.english]
    proper = {name.lower() for name in english if name[:1].isupper() and name.isalpha()}
    for text, matches in zip(annotated.texts, annotated.matches, strict=True):
        for match in matches:
            name = text[match.start : match.end].lower()
            named[name] += 1
            if name in proper and text[match.start : match.end] == name:
                lower.add(name, text, match.start, match.end)
        for before, after in pairwise([None, *matches, None]):
            for name, start, end in _with_single_characters(text, before, after):
                longer.add(name, text, start, end)
    for run, text, start, end, inside in annotated.latin_names():
        if len(inside) == 1 and (inside[0].start > start or inside[0].end < end):
            longer.add(f"{text[inside[0].start : inside[0].end].lower()} in {run}", text, start, end)
    found = [lower.gap(name, "lower case") for name, count in lower.counts.items() if count >= MIN_SHARE * named[name]]
    for name, count in longer.counts.items():
        part, _, whole = name.partition(" in ")
        if count >= MIN_SHARE * named[part]:
            found.append(Gap(part, count, f"in {whole}", longer.examples[name]))
    return sorted((gap for gap in found if gap.count >= MIN_COUNT), key=lambda gap: -gap.count)


def _with_single_characters(
    text: str, before: TermMatch | None, after: TermMatch | None
) -> Iterator[tuple[str, int, int]]:
    """Names with one character left over beside them before the next sign or term: 美光 in 中美光, with its place."""
    for match, side in ((before, 1), (after, -1)):
        if not match or not _HAN_RUN.fullmatch(text[match.start : match.end]):
            continue
        end = match.end if side > 0 else match.start
        rest = text[end : end + 2] if side > 0 else text[max(0, end - 2) : end][::-1]
        if _HAN_RUN.fullmatch(rest[:1]) and rest[:1] not in STOP_WORDS and not _HAN_RUN.fullmatch(rest[1:2]):
            start, stop = min(match.start, end + side), max(match.end, end + side)
            yield f"{text[match.start : match.end]} in {text[start:stop]}", start, stop


def _most_frequent(found: Places, reason: str) -> list[Gap]:
    return [found.gap(name, reason) for name, count in found.counts.most_common() if count >= MIN_COUNT]


def read(file: Path) -> Iterator[str]:
    """The titles and bodies of a .jsonl file, the lines of another. Raises ValueError for a line that is no object."""
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if file.suffix != ".jsonl":
                yield line
            elif line.strip():
                try:
                    article = json.loads(line)
                    yield from (str(article[key]) for key in ("title", "text", "body") if article.get(key))
                except (ValueError, AttributeError):
                    raise ValueError(f"{file}, line {number}: not a JSON object") from None


def main(arguments: list[str]) -> int:
    """Prints the three lists; returns 2 for files that cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m text.analysis.glossary", description="Tools for the glossary.")
    commands = parser.add_subparsers(dest="command", required=True)
    gaps = commands.add_parser("gaps", help="names of a collection that the glossary lacks, and names it finds wrongly")
    gaps.add_argument("files", nargs="+", type=Path, metavar="FILE", help=".jsonl with title and text or body, or text")
    gaps.add_argument("--limit", type=int, default=40, help="names in each list (40)")
    options = parser.parse_args(arguments)
    try:
        annotated = AnnotatedTexts(text for file in options.files for text in read(file))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sections = {
        "Unknown names in Latin letters": unknown_latin(annotated),
        "Chinese names that are cut apart or guessed": unknown_chinese(annotated),
        "Names of the glossary that may be found wrongly": doubtful(annotated),
    }
    for title, found in sections.items():
        sys.stdout.write(f"{title}: {len(found)}\n")
        for gap in found[: options.limit]:
            sys.stdout.write(f"{gap.count:6}  {gap.name}  ({gap.reason})  {gap.example}\n")
        sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
