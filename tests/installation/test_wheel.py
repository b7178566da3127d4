"""The wheel: what it holds, what it needs, and that none of its names is a name of another package."""

from __future__ import annotations

import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import BytesParser
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from store.places import IS_CHECKOUT, REQUIREMENTS, only_in_a_checkout
from tests.commands import PROJECT
from tests.test_architecture import PACKAGES


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return BytesParser().parsebytes(archive.read(name))


def required(file: Path) -> set[str]:
    """The requirements in *file*, each as ``packaging`` writes it, without those of the files that it names."""
    lines = [line.split("#")[0].strip() for line in file.read_text("utf-8").splitlines()]
    return {plain(Requirement(line)) for line in lines if line and not line.startswith("-")}


def plain(requirement: Requirement) -> str:
    """*requirement* with its name as names are compared, and without an extra that it is for."""
    marker = str(requirement.marker or "").partition("extra ==")[0].strip().removesuffix(" and").strip("()")
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{canonicalize_name(requirement.name)}{extras}{requirement.specifier}; {marker}"


def test_every_file_of_the_packages_and_of_the_sample_web_is_in_the_wheel(names: list[str]) -> None:
    held = set(names)
    files = [file for package in PACKAGES for file in (PROJECT / package).rglob("*")]
    files = [file for file in files if file.is_file() and "__pycache__" not in file.parts]
    missing = [name for file in files if (name := file.relative_to(PROJECT).as_posix()) not in held]
    assert missing == [] and len(files) > 300
    left_out = {"__pycache__", "secrets", "write_reports.py"}
    for folder in ("samples", "deploy"):
        shipped = [file for file in (PROJECT / folder).rglob("*") if file.is_file() and not left_out & {*file.parts}]
        wanted = {f"xinwen/shipped/{file.relative_to(PROJECT).as_posix()}" for file in shipped}
        assert wanted and not wanted - held, folder
    assert not [name for name in names if "__pycache__" in name or name.startswith(("tests/", "docs/"))]


def test_passwords_beside_the_deploy_files_stay_out(names: list[str]) -> None:
    assert not [name for name in names if "secrets" in PurePosixPath(name).parts]
    excluded = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["exclude"]
    assert "deploy/secrets" in excluded, "where the checkout has such a folder, and git or not"


def test_each_pin_stands_in_one_place(metadata: Message) -> None:
    found = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    core = {plain(one) for one in found if "extra ==" not in str(one.marker)}
    assert core == required(PROJECT / "requirements.txt") and len(core) > 30
    assert set(metadata.get_all("Provides-Extra", [])) == REQUIREMENTS.keys()
    for extra, name in REQUIREMENTS.items():
        of_extra = {plain(one) for one in found if f'extra == "{extra}"' in str(one.marker)}
        assert of_extra == required(PROJECT / name) and of_extra, extra


def test_every_file_of_requirements_is_the_programs_an_extras_or_the_developers() -> None:
    files = {file.name for file in PROJECT.glob("requirements*.txt")}
    assert files == {"requirements.txt", "requirements-dev.txt", *REQUIREMENTS.values()}
    every = [line for name in files for line in required(PROJECT / name)]
    assert all("==" in line for line in every) and len(every) == len(set(every)), "one pin each"


def test_no_name_of_ours_is_one_of_another_package(names: list[str]) -> None:
    ours = {PurePosixPath(name).parts[0] for name in names if ".dist-info" not in name}
    assert ours == set(PACKAGES) and not ours & sys.stdlib_module_names
    clashes = [
        f"{one.metadata['Name']}: {file}"
        for one in distributions()
        if canonicalize_name(one.metadata["Name"]) != "xinwen"
        for file in one.files or ()
        if file.parts[0].removesuffix(".py") in ours
    ]
    assert clashes == []


def test_a_checkout_is_told_from_an_installation() -> None:
    assert IS_CHECKOUT and only_in_a_checkout("anything") == ""


def test_pip_refuses_a_python_for_which_there_are_no_libraries(metadata: Message) -> None:
    assert set(str(metadata["Requires-Python"]).split(",")) == {">=3.11", "<3.14"}
