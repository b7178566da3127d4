"""A captured entry to its links: the row's ways in, tried in order on one file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from crawler.source import Source
from crawler.way import Fixed, Way
from crawler.ways import addresses, describe, read_entry
from crawler.ways.entry import Entry, EntryError
from crawler.ways.xml import unpacked


@dataclass(frozen=True)
class Reading:
    """What one way in makes of a file."""

    way: Way
    entry: Entry

    @property
    def name(self) -> str:
        return describe(self.way)


def read_captured(data: bytes, row: Source, captured: datetime, url: str = "") -> Reading:
    """The first of the row's ways in that finds links in *data*, or addresses of further entries.

    Where the file came from is tried first; the row's ways for captured files come last. Raises EntryError with what
    each of them says when none does.
    """
    data = unpacked(data)
    failures = []
    # Fixed links stand in the row and are read from no file.
    read = [way for way in (*row.ways, *row.captured) if not isinstance(way, Fixed)]
    ways = sorted(read, key=lambda way: url not in (way.url, *addresses(way, captured)))
    for way in ways:
        fitting = _for_captured(row, way) if way in row.captured else row
        try:
            entry = read_entry(way, data, url or way.url, fitting, captured)
        except EntryError as error:
            failures.append(f"{describe(way)}: {error}")
            continue
        if entry.links or entry.further:
            return Reading(way, entry)
        dropped = ", ".join(f"{number} dropped for their {reason}" for reason, number in entry.dropped.items())
        failures.append(f"{describe(way)}: no links{f' ({dropped})' if dropped else ''}")
    raise EntryError(f"no way in of {row.key} reads it: {'; '.join(dict.fromkeys(failures)) or 'it has none'}")


def _for_captured(row: Source, way: Way) -> Source:
    """*row* without its pattern of addresses, which old ones do not match."""
    return replace(row, include="", ways=(way,), hosts=tuple(row.allowed))
