"""Documents say what the code does: tables of the READMEs, settings, docstrings."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from crawler.authoring.source_table import ROWS, markdown, rows
from store.settings import Settings
from tests.commands import PROJECT

NAMED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
PACKAGES = ("crawler", "pipelines", "text", "store", "similarity", "alerts", "service")


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_source_table_of_the_readme_is_the_one_in_the_code(name: str) -> None:
    text = (PROJECT / name).read_text("utf-8")
    table = markdown("zh" if "zh" in name else "en")
    assert table in text, "out of date: python -m crawler.authoring.source_table writes it"


def test_the_source_table_of_programs_without_scrapy_is_the_one_in_the_code() -> None:
    assert (PROJECT / ROWS).read_text("utf-8") == rows(), (
        "out of date: python -m crawler.authoring.source_table writes it"
    )


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_setting_is_explained_in_the_readme(name: str) -> None:
    text = (PROJECT / name).read_text("utf-8")
    for field, info in Settings.model_fields.items():
        variable = info.validation_alias or f"XINWEN_{field.upper()}"
        assert f"`{variable}`" in text
        assert info.description


def test_every_module_class_and_public_function_says_what_it_does() -> None:
    missing = []
    for package in PACKAGES:
        for file in sorted((PROJECT / package).rglob("*.py")):
            name, text = str(file.relative_to(PROJECT)), file.read_text("utf-8")
            tree = ast.parse(text)
            if not ast.get_docstring(tree) and text.strip():
                missing.append(name)
            public = [node for node in tree.body if isinstance(node, NAMED) and not node.name.startswith("_")]
            missing += [f"{name}: {node.name}" for node in public if not ast.get_docstring(node) and not overload(node)]
    assert missing == []


def overload(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether *node* is one signature of several, of which the last has the docstring."""
    return any(isinstance(one, ast.Name) and one.id == "overload" for one in node.decorator_list)


HOME_MADE = re.compile(
    r"\b(meanings|asking|answering|portrait|walls?|patience|furniture|doors?|so-manieth|anew)\b", re.I
)
"""Words that this project once had for things that the field has a term for; ``docs/glossary.md`` has the terms."""


def test_things_have_the_names_of_the_field() -> None:
    files = [file for package in PACKAGES for file in (PROJECT / package).rglob("*.py")] + PAGES
    lines = [
        f"{file.relative_to(PROJECT)}:{number}: {line.strip()}"
        for file in files
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if HOME_MADE.search(line)
    ]
    assert lines == []


def test_code_names_the_command_xinwen() -> None:
    """Everybody has it; by which Python the packages are found nobody else knows."""
    by_module = re.compile(r"python -m (similarity|store|pipelines|crawler (?!bench)) ?[a-z]")
    files = [file for package in (*PACKAGES, "xinwen") for file in (PROJECT / package).rglob("*")]
    texts = [file for file in files if file.suffix in (".py", ".html", ".js", ".toml")]
    assert [str(file) for file in texts if by_module.search(file.read_text("utf-8"))] == []


PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), PROJECT / "store" / "index" / "FORMAT.md"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_what_a_page_names_and_links_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    named = re.findall(r"`((?:crawler|pipelines|text|store|similarity|tests|docs)/[\w./-]+\.(?:py|md|tsv|json))`", text)
    example = "chip_daily"  # the source that CONTRIBUTING.md writes
    assert [name for name in named if example not in name and not (PROJECT / name).exists()] == []
    linked = re.findall(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)", text)
    assert [file for file, _ in linked if not (page.parent / file).exists()] == []
    for file, anchor in linked:
        target = (page.parent / file if file else page).resolve()
        if anchor and target.suffix == ".md":
            assert anchor[1:] in anchors(target.read_text("utf-8")), f"{file}{anchor}"


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives the headings of the page *text*."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


DECISION = re.compile(
    r"\A## (?P<number>[A-Z]\d+)\. (?P<title>.+)\n\n"
    r"\*(?P<date>\d{4}-\d\d-\d\d) · (?P<status>accepted|superseded by \w+) · held by `(?P<test>tests/[\w/]+\.py)`\*\n\n"
    r"\*\*Decision\.\*\* .+?\n\*\*Reason\.\*\* .+?\n\n?\*\*Weighed against\.\*\* .+",
    re.DOTALL,
)


def decisions() -> list[tuple[str, str]]:
    """Each decision with the name of its page."""
    pages = sorted((PROJECT / "docs" / "decisions").glob("[a-z]*.md"))
    return [(page.stem, part) for page in pages for part in re.split(r"\n(?=## )", page.read_text("utf-8"))[1:] if part]


@pytest.mark.parametrize(("area", "text"), decisions(), ids=lambda value: value[:8].strip("# ."))
def test_a_decision_has_date_status_reason_alternatives_and_a_test(area: str, text: str) -> None:
    found = DECISION.match(text)
    assert found, text[:80]
    assert (PROJECT / found["test"]).exists()
    index = (PROJECT / "docs" / "decisions" / "README.md").read_text("utf-8")
    assert f"| {found['title']} | {found['date']} | {found['status']} |" in index
    assert f"[{found['number']}]({area}.md#" in index
