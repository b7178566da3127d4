"""Errors in one line: the command that helps is named as it is called here."""

from __future__ import annotations

import pytest

from store import places
from store.errors import shown_in_one_line


@pytest.mark.parametrize(
    ("is_checkout", "said"),
    [(True, "python -m similarity token add NAME first"), (False, "xinwen token add NAME first")],
)
def test_the_command_that_helps(
    is_checkout: bool, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(places, "IS_CHECKOUT", is_checkout)
    with pytest.raises(SystemExit), shown_in_one_line(OSError):
        raise OSError("it lets others in: python -m similarity token add NAME first")
    assert capsys.readouterr().err == f"error: it lets others in: {said}\n"


@pytest.mark.parametrize("text", ["python -m venv .venv", "python -m similarity.bench.stage", "python -m storehouse a"])
def test_what_is_no_command_of_ours_stays(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "IS_CHECKOUT", False)
    assert places.as_called(text) == text
