"""The rules of the house that a program can hold: who imports whom, and documents that say what is so."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.source_table import markdown
from store.settings import Settings
from tests.commands import PROJECT

ROOMS = ("crawler", "pipelines", "text", "store", "similarity")
FREE_OF_MONGODB = {"store.article", "store.settings", "store.errors"}

MAY_IMPORT = {
    "text": set(),
    "store": set(),
    "crawler": FREE_OF_MONGODB | {"text.language"},
    "pipelines": {"crawler", "store", "text"},
    "similarity": {"store", "text"},
}
"""The arrows of the design. What the crawler may have of other rooms is free of MongoDB and of jieba."""


def imports_of(file: Path) -> set[str]:
    """Modules that *file* imports from the rooms, as dotted names."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            # ``from store import schema`` imports the module store.schema.
            found |= {f"{node.module}.{name.name}" for name in node.names} if len(parts) == 1 else {node.module}
    return {name for name in found if name.split(".")[0] in ROOMS}


@pytest.mark.parametrize("room", ROOMS)
def test_imports_follow_the_arrows(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}
    for file in sorted((PROJECT / room).rglob("*.py")):
        for name in imports_of(file):
            assert name in allowed or name.split(".")[0] in allowed, f"{file.relative_to(PROJECT)} imports {name}"


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_query_side_never_loads_scrapy() -> None:
    assert not {"scrapy", "twisted", "crawler", "pipelines"} & loaded_by("import similarity.__main__")


def test_reading_a_page_loads_neither_scrapy_nor_mongodb() -> None:
    assert not {"scrapy", "twisted", "pymongo", "jieba", "gensim"} & loaded_by("import crawler.read, crawler.sources")


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_source_table_of_the_readme_is_the_one_in_the_code(name: str) -> None:
    text = (PROJECT / name).read_text("utf-8")
    table = markdown("zh" if "zh" in name else "en")
    assert table in text, "out of date: python -m crawler.source_table writes it"


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_setting_is_explained_in_the_readme(name: str) -> None:
    text = (PROJECT / name).read_text("utf-8")
    for field, info in Settings.model_fields.items():
        variable = info.validation_alias or f"XINWEN_{field.upper()}"
        assert f"`{variable}`" in text
        assert info.description


def test_every_public_function_says_what_it_does() -> None:
    silent = []
    for room in ROOMS:
        for file in sorted((PROJECT / room).rglob("*.py")):
            tree = ast.parse(file.read_text("utf-8"))
            if not ast.get_docstring(tree) and file.read_text("utf-8").strip():
                silent.append(str(file.relative_to(PROJECT)))
            for node in tree.body:
                named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                if named and not node.name.startswith("_") and not ast.get_docstring(node):
                    silent.append(f"{file.relative_to(PROJECT)}: {node.name}")
    assert silent == []
