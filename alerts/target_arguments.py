"""``--to URL --every daily 08:30 --quiet 22:00-07:00``, several times: which rhythm belongs to which address."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.errors import WatchError
from alerts.targets import Target, target_of

_WORDS = {"daily": 2, "weekly": 3}
"""How many words the rhythms have that consist of several."""


def joined(arguments: Sequence[str]) -> list[str]:
    """*arguments* in which what follows each ``--to`` and belongs to it is part of its value. Raises WatchError."""
    result: list[str] = []
    target = -1
    rest = [part for argument in arguments for part in _split(argument)]
    while rest:
        name = rest.pop(0)
        if name == "--":
            return [*result, name, *rest]
        if name not in ("--to", "--every", "--quiet") or not rest:
            result.append(name)
            continue
        value = rest.pop(0)
        if name == "--to":
            result += [name, value]
            target = len(result) - 1
            continue
        if target < 0:
            raise WatchError(f"{name} stands before the --to that it is for", f"{name} 应写在所属的 --to 之后", "to")
        while name == "--every" and rest and value.count(" ") + 1 < _WORDS.get(value.lower().partition(" ")[0], 1):
            value += f" {rest.pop(0)}"
        result[target] += f" {name.lstrip('-')} {value}"
    return result


def targets_of(values: Sequence[str]) -> list[Target]:
    """The targets that the values of ``--to`` are, as ``joined`` makes them. Raises WatchError."""
    found = []
    for value in values:
        url, *words = value.split(" ")
        given: dict[str, list[str]] = {}
        name = ""
        for word in words:
            if word in ("every", "quiet"):
                if word in given:
                    raise WatchError(f"--{word} is given twice for one --to", f"一个 --to 的 --{word} 给了两次", word)
                name, given[word] = word, []
            elif name:
                given[name].append(word)
            else:
                url += f" {word}"  # which no address has
        found.append(target_of(url, **{name: " ".join(texts) for name, texts in given.items()}))
    return found


def _split(argument: str) -> list[str]:
    """``--to=URL`` as two arguments."""
    for name in ("--to", "--every", "--quiet"):
        if argument.startswith(f"{name}="):
            return [name, argument.removeprefix(f"{name}=")]
    return [argument]
