"""What our Scrapy commands are called in their help, and how a wrong option is shown: as all of ``xinwen``."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn


def as_xinwen(parser: argparse.ArgumentParser) -> None:
    """Let *parser*, which Scrapy has made for a command, name ``xinwen`` and show an error in one line."""
    name = (parser.usage or "").removeprefix("scrapy ")
    parser.usage = f"xinwen {name}".rstrip()

    def error(message: str) -> NoReturn:
        shown = "lists them" if message.startswith("no such") else "says what it takes"
        sys.stderr.write(f"error: {' '.join(message.split())}; xinwen {name.split(' ')[0]} --help {shown}\n")
        raise SystemExit(2)

    parse = parser.parse_known_args

    def parse_known_args(args: Any = None, namespace: Any = None) -> Any:
        found, rest = parse(args, namespace)
        for argument in rest:  # Scrapy hands an option that is none over as an argument
            if argument.startswith("-"):
                error(f"no such option: {argument}")
        return found, rest

    # Scrapy takes no class for its parsers.
    parser.error = error  # type: ignore[method-assign]  # see above
    parser.parse_known_args = parse_known_args  # type: ignore[method-assign]  # see above
