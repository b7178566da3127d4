"""A file that takes too much costs itself: the child is stopped, the reason says why, and the next file is read."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from datetime import UTC, datetime

import pytest

from crawler.extraction import Unreadable, child, read_document
from crawler.extraction.child import in_child, stop

CAPTURED = datetime(2026, 3, 10, tzinfo=UTC)


def allocate() -> None:
    bytearray(2 * 2**30)


def burn() -> None:
    os.kill(os.getpid(), signal.SIGXCPU)  # what the kernel sends at the limit


def refuse(reason: str) -> None:
    raise Unreadable(reason)


@pytest.mark.parametrize(
    ("function", "reason"), [(allocate, "1024 MiB"), (burn, "60 s of processor time"), (os.abort, "breaks the library")]
)
def test_a_child_that_was_stopped_says_why_and_the_next_call_is_answered(function, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        in_child(function)
    assert in_child(sum, [1, 2]) == 3


def test_what_the_function_raises_is_raised_and_the_child_stays() -> None:
    before = in_child(os.getpid)
    with pytest.raises(Unreadable, match="because"):
        in_child(refuse, "because")
    assert in_child(os.getpid) == before != os.getpid()
    stop()
    assert in_child(os.getpid) != before


def test_a_child_that_does_not_answer_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_MAX_WAIT", 0.5)
    with pytest.raises(Unreadable, match=r"more than 0\.5 s"):
        in_child(time.sleep, 60)
    monkeypatch.undo()
    assert in_child(sum, [1, 2]) == 3


def answer_of_its_own(results) -> None:
    results.put(in_child(os.getpid))


def test_a_process_that_was_forked_has_a_child_of_its_own() -> None:
    own, context = in_child(os.getpid), multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    forked = context.Process(target=answer_of_its_own, args=(results,))
    forked.start()
    assert results.get() != own
    forked.join()
    assert in_child(os.getpid) == own


def pdf_of_forms(levels: int) -> bytes:
    """A PDF of a few kilobytes whose page draws 10 to the power of *levels* lines of text, by forms inside forms."""
    forms = [b"BT /F 9 Tf 9 9 Td (Wafers rise.) Tj ET"] + [b"/X Do\n" * 10] * levels
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 5 0 R/Resources<</XObject<</X %d 0 R>>>>>>"
               % (6 + levels), b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
               b"<</Length 5>>stream\n/X Do\nendstream"]  # fmt: skip
    for level, form in enumerate(forms):
        used = b"/XObject<</X %d 0 R>>" % (5 + level) if level else b"/Font<</F 4 0 R>>"
        objects.append(b"<</Type/XObject/Subtype/Form/BBox[0 0 99 99]/Resources<<%s>>/Length %d>>stream\n%s\nendstream"
                       % (used, len(form), form))  # fmt: skip
    body = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return (
        body + head + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))
    )


def test_a_small_pdf_that_takes_gigabytes_is_refused() -> None:
    small = pdf_of_forms(2)
    assert "Wafers rise." in read_document(small, "https://a.example/a.pdf", captured=CAPTURED).body
    with pytest.raises(Unreadable, match="reading it takes more than"):
        read_document(pdf_of_forms(7), "https://a.example/a.pdf", captured=CAPTURED)
