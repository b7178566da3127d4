"""``scrapy schedule --cron|--systemd|--airflow|--scrapyd``: prints what runs crawls on this machine by themselves."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from scrapy.commands import ScrapyCommand

from crawler.runner.deployment import FORMATS, CannotSchedule, Installation, files, own_name
from crawler.sources import SOURCES
from crawler.usage import as_xinwen
from store.settings import PREFIX, settings

_ENVIRONMENT_FILE = Path("/etc/xinwen/xinwen.env")
_IN_THE_FILES = {f"{PREFIX}DATA"}


class Command(ScrapyCommand):
    """Exit status 0: printed or written. 1: a file cannot be written. 2: options, user or a path are invalid."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return f"{'|'.join(f'--{form}' for form in FORMATS)} [--user NAME] [--out DIR]"

    def short_desc(self) -> str:
        return "Print the deployment file of cron, systemd, Airflow or scrapyd for this checkout, user and data folder"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        as_xinwen(parser)
        for form, (pattern, _) in FORMATS.items():
            parser.add_argument(
                f"--{form}", dest="forms", action="append_const", const=form, help=f"deploy/{pattern}, filled in"
            )
        parser.add_argument("--user", default="", help="the user who crawls (default: you)")
        parser.add_argument("--out", metavar="DIR", help="write the files into this folder, new or not, and print none")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        forms = opts.forms or []
        if args or len(set(forms)) != 1:
            wanted = ", ".join(f"--{form}" for form in FORMATS)
            self._fail(2, f"exactly one of {wanted} is required" + (f", not {' '.join(args)}" if args else ""))
            return
        try:
            installation = Installation(
                program=str(Path(__file__).parents[2]),
                python=sys.executable,
                data=str(settings().data),
                user=opts.user or own_name(),
            )
            found = files(forms[0], installation, SOURCES.values())
            if opts.out:
                Path(opts.out).mkdir(parents=True, exist_ok=True)
                for name, text in found.items():
                    (Path(opts.out) / name).write_text(text, "utf-8")
                    sys.stderr.write(f"{Path(opts.out) / name}\n")
            else:
                sys.stdout.write("\n".join(_headed(name, text, len(found) > 1) for name, text in found.items()))
            if missing := ", ".join(settings_left_out(os.environ, _ENVIRONMENT_FILE)):
                # Else crawls would go into another database than the one that this shell works with.
                note = f"set here, but unknown to what runs by itself: {missing}; put it into {_ENVIRONMENT_FILE}"
                sys.stderr.write(f"note: {note}\n")
        except CannotSchedule as error:
            self._fail(2, str(error))
        except OSError as error:
            if not opts.out:  # what is printed is seen to elsewhere
                raise
            self._fail(1, f"{opts.out}: {error.strerror}")

    def _fail(self, status: int, message: str) -> None:
        sys.stderr.write(f"error: {message}\n")
        self.exitcode = status


def settings_left_out(environment: Mapping[str, str], file: Path) -> list[str]:
    """The names of settings in *environment* that neither *file* has nor the files of ``deploy/``, filled in."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError:  # there is none, or it is for others to read
        lines = []
    known = {line.removeprefix("export ").partition("=")[0].strip() for line in lines} | _IN_THE_FILES
    ours = (name for name, value in environment.items() if value and (name.startswith(PREFIX) or name == "MONGODB_URI"))
    return sorted(set(ours) - known)


def _headed(name: str, text: str, is_one_of_several: bool) -> str:
    return f"# {name}\n{text}" if is_one_of_several else text
