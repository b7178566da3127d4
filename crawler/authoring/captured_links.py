"""Reads the links of a captured entry page: tries the discovery methods of a source on one file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from crawler.discovery.entry_page import EntryPage, EntryPageError
from crawler.discovery.methods import DiscoveryMethod, FixedLinks
from crawler.discovery.reader import method_label, read_entry_page, start_urls
from crawler.discovery.xml import decompressed
from crawler.source import Source


@dataclass(frozen=True)
class ReadEntry:
    """An entry page, and the discovery method that read it."""

    method: DiscoveryMethod
    entry: EntryPage

    @property
    def name(self) -> str:
        return method_label(self.method)


def read_captured(data: bytes, source: Source, captured: datetime, url: str = "") -> ReadEntry:
    """Reads *data* by the first discovery method of *source* that finds links or further entry pages in it.

    Methods for *url* are tried first, methods for captured files (``Source.captured``) last. Raises EntryPageError with
    the reason of each method when none finds any.
    """
    data = decompressed(data)
    failures = []
    # Fixed links are listed in the source and not read from a file.
    readers = [method for method in (*source.discovery, *source.captured) if not isinstance(method, FixedLinks)]
    for method in sorted(readers, key=lambda method: url not in (method.url, *start_urls(method, captured))):
        reading_source = _for_captured(source, method) if method in source.captured else source
        try:
            entry = read_entry_page(method, data, url or method.url, reading_source, captured)
        except EntryPageError as error:
            failures.append(f"{method_label(method)}: {error}")
            continue
        if entry.links or entry.further:
            return ReadEntry(method, entry)
        dropped = ", ".join(f"{number} dropped for their {reason}" for reason, number in entry.dropped.items())
        failures.append(f"{method_label(method)}: no links{f' ({dropped})' if dropped else ''}")
    reasons = "; ".join(dict.fromkeys(failures)) or "it has none"
    raise EntryPageError(f"no discovery method of {source.key} reads it: {reasons}")


def _for_captured(source: Source, method: DiscoveryMethod) -> Source:
    """*source* without ``include``, which addresses of older captures do not match."""
    return replace(source, include="", discovery=(method,), hosts=tuple(source.allowed))
