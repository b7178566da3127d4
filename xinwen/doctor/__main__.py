"""``xinwen doctor``: runs all checks and prints what they found, each on one line, and what mends it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import NoReturn

from xinwen.doctor.finding import FAILED, NOTE, OK, Finding

CHECKS = {
    "Python": ("program", "interpreter"),
    "libraries 库": ("program", "libraries"),
    "locale 区域": ("program", "locale"),
    "settings 设置": ("program", "configuration"),
    "data 数据": ("machine", "data_folder"),
    "disk 磁盘": ("machine", "disk"),
    "zone 时区": ("machine", "zone"),
    "MongoDB": ("mongodb", "database"),
    "index 索引": ("index", "index"),
    "targets 接收方": ("targets", "targets"),
}
"""By the name of the finding the module and the function of each check, in this order."""

_NEEDS_SETTINGS = ("machine", "mongodb", "index", "targets")
_NEEDS_MONGODB = ("index", "targets")
"""What is not asked where MongoDB does not answer: each would wait for it once more."""

_MARKS = {OK: "✓", NOTE: "·", FAILED: "✗"}


class _Parser(argparse.ArgumentParser):
    """Without typer, which may be what lacks."""

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"error: {message}; {self.prog} --help lists what there is\n")
        raise SystemExit(2)


def doctor() -> None:
    """检查本机环境，指出如何修复 · Check Python, libraries, MongoDB, disk, clock and more, and name each fix."""
    parser = _Parser(prog="xinwen doctor", description=doctor.__doc__)
    parser.add_argument("--json", action="store_true", help="一个 JSON 对象 · one JSON object on stdout")
    as_json = parser.parse_args(sys.argv[1 + (sys.argv[1:2] == ["doctor"]) :]).json
    found = []
    for finding in findings():
        found.append(finding)
        if not as_json:
            sys.stdout.write(_line(finding))
            sys.stdout.flush()
    failed = [finding for finding in found if finding.status == FAILED]
    if as_json:
        facts = {"ok": not failed, "checks": [finding._asdict() for finding in found]}
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(
            f"\n{len(failed)} 项不对 · {len(failed)} of {len(found)} failed\n" if failed else "\n正常 · all well\n"
        )
    raise SystemExit(1 if failed else 0)


def findings() -> Iterator[Finding]:
    """What every check finds. One that lacks a library says which.

    Without settings, and without MongoDB, those that need them do not run.
    """
    settled = reached = True
    for name, (module, function) in CHECKS.items():
        if (module in _NEEDS_SETTINGS and not settled) or (module in _NEEDS_MONGODB and not reached):
            continue
        try:
            for finding in getattr(import_module(f"xinwen.doctor.{module}"), function)():
                settled &= not (function == "configuration" and finding.status == FAILED)
                reached &= not (finding.name == "MongoDB" and finding.status == FAILED)
                yield finding
        except Exception as error:  # whatever a library raises that lacks, is half there or made for another system
            settled &= function != "configuration"
            yield _unchecked(name, error)


def _unchecked(name: str, error: Exception) -> Finding:
    """The finding of a check that could not be made, as a library lacks or is broken."""
    if isinstance(error, ImportError):
        return Finding(name, FAILED, f"cannot be checked: {error}", "install the libraries first, see above")
    said = f"cannot be checked: {type(error).__name__}: {error}"
    return Finding(name, FAILED, said, "pip install --force-reinstall of the library that it names")


def _line(finding: Finding) -> str:
    fix = f"\n  → {finding.fix}" if finding.fix else ""
    return f"{_MARKS[finding.status]} {finding.name}: {' '.join(finding.said.split())}{fix}\n"


if __name__ == "__main__":
    doctor()
