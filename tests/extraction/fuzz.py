"""``python -m tests.extraction.fuzz``: broken pages, and what an article must not have whatever its page is like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from time import process_time
from typing import Annotated

import typer

from crawler.extraction import Unreadable, read_document
from store.article import Article
from tests.extraction.cases import cases
from tests.extraction.measure import CAPTURED

LARGE = 2**20
"""Bytes of a page that must be read in a second."""

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")  # a body has tabs, line breaks and page breaks
_LINE_BREAK = re.compile(r"[\t\n\x0b\x0c\r\x85\u2028\u2029]")
_TAG = re.compile(r"</?[a-z!?][^<>]*>?", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"""[\s<>"'`{}|\\^\x00-\x20\x7f-\xa0]""")
_JUNK = (
    *(
        b"\x00",
        b"\x01",
        b"\x1b[31m",
        b"\x7f",
        b"\x85",
        b"\xc2\x9b",
        b"\xff\xfe",
        b"\xe4\xb8",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xae",
    ),
    *(
        b"&#1;",
        b"&#x1b;",
        b"&#155;",
        b"&#xd800;",
        b"&#0;",
        b"&lt;b&gt;",
        b"&amp;lt;i&amp;gt;",
        b"&lt;/title&gt;",
        b"&#60;script&#62;",
    ),
    *(
        b"<b>",
        b"</b>",
        b"<title>",
        b"</title>",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<script>",
        b"</script>",
        b"<button>",
    ),
    *(b'"', b"'", b"<", b">", b"=", b"\\u0007", b"\\u0000", b"<link rel='canonical' href='/a b<i>'>", b"<plaintext>"),
    *(
        b"<link rel=canonical href='http://www.valleychip.example/%20 x\"y'>",
        b"<meta property='og:title' content='A &lt;b&gt;bold&lt;/b&gt; word'>",
    ),
)


@dataclass(frozen=True)
class Broken:
    """A broken page, the address it is read at, and how it came to be."""

    seed: str
    data: bytes
    url: str


def broken_pages(number: int, seed: str = "fuzz", *, large: float = 0.02) -> Iterator[Broken]:
    """*number* pages, the same for the same *seed*; a share of *large* is grown to a megabyte."""
    whole = cases()
    for index in range(number):
        name = f"{seed}-{index}"
        rng = Random(name)
        case, other = rng.choice(whole), rng.choice(whole)
        data = bytearray(case.data)
        for _ in range(rng.randint(1, 6)):
            rng.choice((_flip, _cut, _remove, _splice, _repeat, _insert, _insert))(data, other.data, rng)
        if rng.random() < large:
            _grow(data, rng)
        yield Broken(name, bytes(data), case.url)


def _flip(data: bytearray, _: bytes, rng: Random) -> None:
    for _ in range(rng.randint(1, 60)):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)


def _cut(data: bytearray, _: bytes, rng: Random) -> None:
    if rng.random() < 0.3:
        del data[rng.randint(len(data) // 4, len(data)) :]


def _range(data: bytes | bytearray, rng: Random) -> slice:
    start = rng.randint(0, len(data))
    return slice(start, start + rng.randint(1, 2000))


def _remove(data: bytearray, _: bytes, rng: Random) -> None:
    del data[_range(data, rng)]


def _splice(data: bytearray, other: bytes, rng: Random) -> None:
    place = rng.randint(0, len(data))
    data[place:place] = other[_range(other, rng)]


def _repeat(data: bytearray, _: bytes, rng: Random) -> None:
    part = _range(data, rng)
    data[part.start : part.start] = data[part] * rng.randint(2, 20)


def _insert(data: bytearray, _: bytes, rng: Random) -> None:
    for _ in range(rng.randint(1, 8)):
        place = rng.randint(0, len(data))
        if rng.random() < 0.4:  # where it hurts: in a title or an attribute
            marks = [
                match.end()
                for match in re.finditer(rb"<title>|<h1[^>]*>|content=.|\"headline\": \"|href=.", bytes(data))
            ]
            place = rng.choice(marks or [place])
        data[place:place] = rng.choice(_JUNK)


def _grow(data: bytearray, rng: Random) -> None:
    part = bytes(data[_range(data, rng)]) or b"<p>"
    place = rng.randint(0, len(data))
    data[place:place] = part * (max(LARGE - len(data), 0) // len(part))


def faults_of(article: Article) -> list[str]:
    """What *article* has and must not have."""
    faults = []
    one_line = {"title": article.title, **{f"tag {n}": tag for n, tag in enumerate(article.tags)}}
    one_line |= {f"author {n}": name for n, name in enumerate(article.authors)}
    for name, text in one_line.items():
        if _CONTROL.search(text) or _LINE_BREAK.search(text):
            faults.append(f"{name} with control characters: {text[:80]!r}")
    if _TAG.search(article.title):
        faults.append(f"title with tags: {article.title[:80]!r}")
    for name, text in (("body", article.body), ("summary", article.summary)):
        if found := _CONTROL.search(text):
            faults.append(f"{name} with the control character {found[0]!r}")
    for address in (article.url, *(file.url for file in article.files)):
        if _IN_ADDRESS.search(address):
            faults.append(f"address with blanks or markup: {address[:120]!r}")
    return faults


def read(page: Broken) -> tuple[list[str], float]:
    """The faults of the article on *page*, none for a page that is refused, and the CPU time that reading it took."""
    start = process_time()
    try:
        article = read_document(page.data, page.url, captured=CAPTURED)
    except Unreadable as error:
        return [str(error)] if "takes more than" in str(error) or "fault" in str(error) else [], process_time() - start
    return faults_of(article), process_time() - start


def main(
    pages: Annotated[int, typer.Option(min=1, help="How many broken pages.")] = 5000,
    seed: Annotated[str, typer.Option(help="Another word makes other pages.")] = "fuzz",
) -> None:
    """Read broken pages; status 1 when an article has what it must not have."""
    slowest: list[tuple[float, int, str]] = []
    faulty = 0
    for page in broken_pages(pages, seed):
        faults, seconds = read(page)
        faulty += bool(faults)
        for fault in faults:
            typer.echo(f"{page.seed}: {fault}")
        slowest = sorted([*slowest, (seconds, len(page.data), page.seed)], reverse=True)[:5]
    for seconds, size, name in slowest:
        typer.echo(f"slowest: {seconds:.2f} s CPU for {size / 1024:.0f} kB: {name}")
    typer.echo(f"{pages} pages, {faulty} with faults")
    raise typer.Exit(1 if faulty else 0)


if __name__ == "__main__":
    typer.run(main)
