"""The program itself: the interpreter, the libraries and their versions, optional packages, the locale."""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterator
from importlib import metadata

from store.places import IS_CHECKOUT, PROJECT, REQUIREMENTS, install
from xinwen.doctor.finding import NOTE, Finding, judged

NEWEST = (3, 13)

_EXTRA = re.compile(r"""extra == ['"]([\w-]+)['"]""")


def interpreter() -> Iterator[Finding]:
    """Whether this Python is one that the libraries were tested with. An older one does not get here."""
    version = sys.version.split()[0]
    newer = f"{version} is newer than what the libraries were tested with" if sys.version_info[:2] > NEWEST else ""
    yield judged("Python", newer, f"{version}, {sys.executable}", "an environment with Python 3.11 to 3.13")


def libraries() -> Iterator[Finding]:
    """Whether the libraries are installed, in the versions that they are pinned to."""
    core, of_extra = requirements()
    missing, other, right = _compared(core)
    again = "pip install -r requirements.txt" if IS_CHECKOUT else "pip install --force-reinstall with the same wheel"
    fault = "; ".join(filter(None, [_list("not installed", missing), _list("not as tested", other)]))
    yield judged("libraries 库", fault, f"{right} in the versions that were tested", again)
    for extra, lines in of_extra.items():
        missing, other, _ = _compared(lines)
        name = f"[{extra}]"
        if missing:
            yield Finding(name, NOTE, _list("not installed", missing), f"{install(extra)}  ({MEANING[extra]})")
        else:
            yield judged(name, _list("not as tested", other), MEANING[extra], install(extra))


MEANING = {
    "semantic": "finds across languages",
    "parquet": "export as Parquet",
    "mcp": "tools for AI assistants",
    "alerts": "messages by mail, Feishu and others, and webhooks",
    "dask": "bulk jobs on a cluster",
    "browser": "measures the page in a browser",
}
"""By extra what its packages are for."""


def requirements() -> tuple[list[str], dict[str, list[str]]]:
    """The requirements of the program, and by extra those that it adds."""
    if IS_CHECKOUT:
        return _lines("requirements.txt"), {extra: _lines(name) for extra, name in REQUIREMENTS.items()}
    core: list[str] = []
    of_extra: dict[str, list[str]] = {extra: [] for extra in REQUIREMENTS}
    for line in metadata.requires("xinwen") or ():
        found = _EXTRA.search(line)
        (of_extra[found[1]] if found else core).append(line)
    return core, of_extra


def _lines(name: str) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in (PROJECT / name).read_text("utf-8").splitlines())
    return [line for line in lines if line]


def _compared(lines: list[str]) -> tuple[list[str], list[str], int]:
    """Of the requirements in *lines* those that are missing, those of another version, and how many are right."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return ["packaging"], [], 0
    missing, other, right = [], [], 0
    for line in lines:
        required = Requirement(line)
        if required.marker and not any(required.marker.evaluate({"extra": extra}) for extra in ("", *REQUIREMENTS)):
            continue  # for another platform
        try:
            version = metadata.version(required.name)
        except metadata.PackageNotFoundError:
            missing.append(required.name)
            continue
        if required.specifier.contains(version, prereleases=True):
            right += 1
        else:
            other.append(f"{required.name} {version} ({required.specifier})")
    return missing, other, right


def _list(what: str, names: list[str]) -> str:
    return f"{what}: {', '.join(names)}" if names else ""


def locale() -> Iterator[Finding]:
    """Whether texts in Chinese can be written and read."""
    names = {sys.getfilesystemencoding(), *(s.encoding for s in (sys.stdout, sys.stderr) if hasattr(s, "encoding"))}
    wrong = sorted(name for name in names if codecs.lookup(name).name != "utf-8")
    fault = f"{', '.join(wrong)}, in which not all characters can be written" if wrong else ""
    yield judged("locale 区域", fault, "UTF-8", "export LANG=C.UTF-8, or PYTHONUTF8=1")


def configuration() -> Iterator[Finding]:
    """Whether every variable of the environment is known and has a value that fits."""
    from store.settings import SettingsError, settings

    fault = ""
    try:
        settings()
    except SettingsError as error:
        fault = str(error)
    yield judged("settings 设置", fault, "all known", "correct the variable or unset it; README.md lists all of them")
