"""What our Scrapy commands are called in their help, and how a wrong option is shown: as all of ``xinwen``."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn


def as_xinwen(parser: argparse.ArgumentParser) -> None:
    """Let *parser*, which Scrapy has made for a command, name ``xinwen`` and show an error in one line."""
    name = (parser.usage or "").removeprefix("scrapy ")
    parser.usage = f"xinwen {name}".rstrip()

    def error(message: str) -> NoReturn:
        sys.stderr.write(f"error: {' '.join(message.split())}; xinwen {name.split(' ')[0]} --help says what it takes\n")
        raise SystemExit(2)

    parser.error = error  # type: ignore[method-assign]  # Scrapy takes no class for its parsers
