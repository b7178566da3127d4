"""Fills in the files of ``deploy/``: for another checkout, user and data folder than those that stand in them.

The files are valid as they stand, for the installation ``Installation()``. A path is quoted as its file needs it.
"""

from __future__ import annotations

import os
import pwd
import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.source import Source
from store.places import shipped

DEPLOY = shipped("deploy")


class CannotSchedule(ValueError):
    """A place or the user cannot stand in the files; the message is one line."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the program and its data are, and as whom it runs; the defaults are what stands in ``deploy/``."""

    program: str = "/opt/xinwen"
    python: str = "/opt/xinwen/.venv/bin/python"
    data: str = "/var/lib/xinwen"
    user: str = "xinwen"

    def check(self) -> None:
        """Raises CannotSchedule for a path that no quoting makes right in all files, and for an unknown user."""
        for path in (self.program, self.python, self.data):
            if wrong := re.search(r"[^\w ./%+,:=@~-]", path):
                raise CannotSchedule(f"{path!r}: {wrong[0]!r} cannot stand in these files; rename or move that folder")
        try:
            pwd.getpwnam(self.user)
        except KeyError:
            create = f"useradd --system --home-dir {shlex.quote(self.data)} {shlex.quote(self.user)}"
            raise CannotSchedule(f"there is no user {self.user!r}; --user names another, or: {create}") from None


def own_name() -> str:
    """The name of the user of this process. Raises CannotSchedule where there is none, as in some containers."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        raise CannotSchedule(f"the user {os.getuid()} of this process has no name; --user gives one") from None


def crontab(line: str, path: str) -> str:
    """*path* as it must stand in *line* of a crontab, where an unescaped ``%`` ends the command."""
    return path if re.match(r"\w+=", line) else shlex.quote(path).replace("%", "\\%")


def unit(line: str, path: str) -> str:
    """*path* as it must stand in *line* of a unit of systemd, where ``%`` begins a specifier."""
    path = path.replace("%", "%%")
    if re.match(r"Exec|Environment=", line):
        return path.replace(" ", r"\x20")
    return f'"{path}"' if " " in path and re.match(r"\w+Paths=", line) else path


def script(line: str, path: str) -> str:
    """*path* as it must stand in *line* of a DAG: all stand in strings."""
    return path


def ini(line: str, path: str) -> str:
    """*path* as it must stand in *line* of scrapyd.conf, where ``%`` begins a reference."""
    return path.replace("%", "%%")


Quoting = Callable[[str, str], str]

_USER = re.compile(r"^(\w*(?:User|Group)=|# Install: crontab -u |# Let the proxy in: .*-gn )xinwen\b")

FORMATS: dict[str, tuple[str, Quoting]] = {
    "cron": ("crontab", crontab),
    "systemd": ("systemd/*", unit),
    "airflow": ("airflow/*.py", script),
    "scrapyd": ("scrapyd.conf", ini),
}
"""By option of ``scrapy schedule`` the files in ``deploy/``, and how a path is quoted in them."""


def files(form: str, installation: Installation, sources: Iterable[Source]) -> dict[str, str]:
    """The files of *form* by name, for *installation* and crawling *sources*. Raises CannotSchedule."""
    installation.check()
    pattern, quoted = FORMATS[form]
    sites = sites_of(sources)
    texts = {file.name: file.read_text("utf-8") for file in sorted(DEPLOY.glob(pattern))}
    return {name: with_sites(filled(text, installation, quoted), sites) for name, text in texts.items()}


def sites_of(sources: Iterable[Source]) -> dict[str, str]:
    """By key of each enabled source of *sources* its site."""
    return {source.key: urlsplit(source.address).hostname or "" for source in sources if source.enabled}


def with_sites(text: str, sites: dict[str, str]) -> str:
    """The DAG *text* with a task for each of *sites*; any other text as it is."""
    rows = "".join(f'    "{key}": "{site}",\n' for key, site in sites.items())
    return re.sub(r"(?ms)(?<=^SITES = \{\n).*?(?=^\})", lambda _: rows, text)


def filled(text: str, installation: Installation, quoted: Quoting) -> str:
    """*text* with the paths and the user of *installation* in place of those in ``deploy/``."""
    fixed = Installation()
    moved = {fixed.python: installation.python, fixed.program: installation.program, fixed.data: installation.data}
    path = re.compile(rf"({'|'.join(moved)})((?:/[\w.-]+)*)(?![\w-])")
    lines = []
    for line in text.split("\n"):
        filled_line, end = "", 0
        for found in path.finditer(line):
            filled_line += line[end : found.start()] + quoted(line, moved[found[1]] + found[2])
            end = found.end()
        filled_line += line[end:]
        lines.append(re.sub(_USER, rf"\g<1>{installation.user}", filled_line))
    return "\n".join(lines)
