"""Which module may import which, held against the code: one table of layers, no cycles, no stale dotted names."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from pipelines.addon import StoringAddon
from tests.commands import PROJECT

PACKAGES = {
    "text": (),
    "store": ("text.stories.linkage",),
    "crawler": (
        "store.article",
        "store.command_line",
        "store.places",
        "store.settings",
        "store.errors",
        "store.logs",
        "store.public_addresses",
        "store.sources_file",
        "store.toml_file",
        "text.language",
    ),
    "pipelines": ("crawler", "store", "text"),
    "similarity": ("store", "text"),
    "alerts": ("similarity", "store", "text.analysis.analyzer"),
    "xinwen": ("store", "alerts.targets", "similarity.condition", "similarity.errors"),
    "service": ("alerts", "similarity", "store", "text.analysis.analyzer"),
}
"""What a package may import of the others. What the crawler may have is free of MongoDB and of jieba."""

LAYERS = """
text        language < analysis < embedding < translation stories < bench
store       plain_text places errors < article command_line disk failover notify public_addresses settings terminal vectors < logs < server toml_file < sources_file < connection < layout schema counters leases < documents < index < upgrade.to_layout_2 upgrade.to_layout_3 < upgrade < transfer backup < __main__
crawler     usage discovery.methods discovery.json_functions exceptions toml_checks windows < resolver discovery.method_checks
            < source items < extraction < discovery < local_sources < sources < budgets
            < middlewares sample_web logformatter gc_freeze < spider < runner < authoring bench < commands __main__ settings json_log
pipelines   source_lease < storage tokenize < runs raw_middleware clean language encode withhold fingerprint_window
            < compact validate deduplicate stories < store < addon < ingest < __main__
similarity  errors arrays jit lru background < option_values < postings < reader < query < ranking
            < analytics refresh guard maintenance < index < answers < evaluation bench health < condition < metrics < cli < __main__
alerts      errors packages network < schedule < targets < watches messages target_arguments
            < senders outbox previews log_book feed_keys < matcher delivery source_watch < runner fields printing
            < callback cli bench digest < __main__
service     problems schemas watch_schemas listening notify < running < capacity request_log < deps answers parameters < openapi access forwarded metrics < routes < page
            < sign_in feeds warm_up prompt assistant < watch_feed < app < write_openapi asgi < command bench < __main__
xinwen      doctor.finding < doctor.program doctor.machine doctor.mongodb doctor.index doctor.targets < doctor commands completion < __main__
"""
"""Inside a package a module imports from its own layer's folder or from layers left of ``<``. Names between two ``<``
are neighbours and do not import one another. The longest name that fits a module says where it stands."""


def layers() -> dict[str, tuple[int, str]]:
    """By dotted name the rank of each layer of ``LAYERS`` inside its package, and the line of the table it is from."""
    lines: list[str] = []
    for line in LAYERS.strip().splitlines():
        if line.startswith(" "):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    found = {}
    for line in lines:
        package, order = line.split(maxsplit=1)
        for rank, names in enumerate(order.split("<")):
            found |= {f"{package}.{name}": (rank, f"{package}: {' '.join(order.split())}") for name in names.split()}
    return found


LAYER_OF = layers()


def files() -> dict[str, Path]:
    """The modules of the product by dotted name."""
    found = {}
    for package in PACKAGES:
        for file in sorted((PROJECT / package).rglob("*.py")):
            found[".".join(file.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")] = file
    return found


FILES = files()


def imports_of(source: str) -> Iterator[str]:
    """Modules of the product that *source* imports at any place, also inside a function, as dotted names."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in FILES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                module = f"{node.module}.{name.name}"  # ``from store import schema`` imports a module
                if module in FILES or node.module in FILES:
                    yield module if module in FILES else node.module


GRAPH = {name: set(imports_of(file.read_text("utf-8"))) - {name} for name, file in FILES.items()}


def layer_of(module: str) -> str:
    """The longest name of ``LAYERS`` that *module* is or lies in; "" for a package's own ``__init__``."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in LAYER_OF), "")


def fault(module: str, imported: str) -> str:
    """What is wrong with *module* importing *imported*: one sentence with both files and the rule; "" for nothing."""
    files = " imports ".join(name.replace(".", "/") + ".py" for name in (module, imported))
    package, other = module.split(".")[0], imported.split(".")[0]
    if package != other:
        allowed = PACKAGES[package]
        if any(imported == name or imported.startswith(f"{name}.") for name in allowed):
            return ""
        return f"{files}, but {package} may import of other packages only: {', '.join(allowed) or 'nothing'}"
    own, its = layer_of(module), layer_of(imported)
    if own == its or module == package:
        return ""
    if imported == package:
        return f"{files}, but the modules of a package do not import from its __init__"
    if LAYER_OF[its][0] < LAYER_OF[own][0]:
        return ""
    return f"{files}, but {own} may import only what stands left of it in: {LAYER_OF[own][1]}"


def test_every_module_has_a_layer() -> None:
    missing = [name for name in FILES if name not in PACKAGES and not layer_of(name)]
    assert missing == [], "give each a place in LAYERS"
    assert [name for name in LAYER_OF if name not in FILES] == [], "names of LAYERS that no module has"


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_follow_the_layers(package: str) -> None:
    faults = [
        fault(module, imported)
        for module, all_imported in GRAPH.items()
        if module.split(".")[0] == package
        for imported in sorted(all_imported)
    ]
    assert not (lines := [line for line in faults if line]), "\n".join(lines)


@pytest.mark.parametrize(
    ("module", "imported", "sentence"),
    [
        (
            "similarity.postings.inverted",
            "similarity.ranking.kernel.maxscore",
            "similarity/postings/inverted.py imports similarity/ranking/kernel/maxscore.py,"
            " but similarity.postings may import only what stands left of it in: similarity: errors arrays",
        ),
        (
            "crawler.extraction.dates",
            "store.connection",
            "crawler/extraction/dates.py imports store/connection.py, but crawler may import of other packages only:"
            " store.article, store.command_line, store.places, store.settings, store.errors, store.logs, store.public_addresses, store.sources_file, store.toml_file, text.language",
        ),
        (
            "similarity.analytics.trend",
            "similarity.refresh",
            "similarity/analytics/trend.py imports similarity/refresh.py, but similarity.analytics may import only",
        ),
    ],
    ids=["a higher layer", "another package", "a neighbour"],
)
def test_a_forbidden_import_is_named_with_both_files_and_the_rule(module: str, imported: str, sentence: str) -> None:
    assert fault(module, imported).startswith(sentence)


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Modules that import one another, each group sorted (Tarjan's strongly connected components)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(module: str) -> None:
        number[module] = lowest[module] = len(number)
        stack.append(module)
        for imported in graph[module]:
            if imported not in number:
                visit(imported)
                lowest[module] = min(lowest[module], lowest[imported])
            elif imported in stack:
                lowest[module] = min(lowest[module], number[imported])
        if lowest[module] == number[module]:
            group = stack[stack.index(module) :]
            del stack[-len(group) :]
            if len(group) > 1:
                found.append(sorted(group))

    for module in graph:
        if module not in number:
            visit(module)
    return found


def test_no_modules_import_one_another() -> None:
    found = [" imports ".join([*group, group[0]]) for group in cycles(GRAPH)]
    assert not found, f"modules that import one another, directly or not: {found}"
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]


def test_no_class_name_stands_for_two_things() -> None:
    places = defaultdict(list)
    for name, file in FILES.items():
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name)
    # Scrapy finds a command by its module and asks for a class of this name.
    twice = [f"{name} is a class in {' and in '.join(where)}" for name, where in places.items() if len(where) > 1]
    assert not (found := [line for line in twice if not line.startswith("Command ")]), "\n".join(found)


def dotted_names(source: str) -> Iterator[str]:
    """Strings of *source* that look like names in a module of the product, as Scrapy's settings hold them."""
    for node in ast.walk(ast.parse(source)):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and re.fullmatch(rf"({'|'.join(PACKAGES)})(\.\w+)+", value):
            yield value


def resolves(name: str) -> bool:
    """Whether the dotted *name* is a module, or an attribute of one."""
    module, _, attribute = name.rpartition(".")
    try:
        return name in FILES or hasattr(import_module(module), attribute)
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("module", sorted(FILES))
def test_dotted_names_in_strings_exist(module: str) -> None:
    # Settings and add-on name classes, others a module for ``python -m``.
    names = [name for name in dotted_names(FILES[module].read_text("utf-8")) if not name.endswith("example")]
    missing = [name for name in names if not resolves(name)]
    assert not missing, f"{FILES[module].relative_to(PROJECT)} names what does not exist: {', '.join(missing)}"


def test_settings_and_addon_name_what_scrapy_loads() -> None:
    named = [*dotted_names(FILES["crawler.settings"].read_text("utf-8"))]
    assert len(named) >= 10
    added = [*dotted_names(FILES["pipelines.addon"].read_text("utf-8"))]
    assert len(added) >= 12
    assert StoringAddon.__module__ + ".StoringAddon" in named


def loaded_by(statement: str) -> set[str]:
    """Modules that are loaded once *statement* has run in a fresh interpreter."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_query_side_never_loads_scrapy() -> None:
    assert not {"scrapy", "twisted", "crawler", "pipelines"} & loaded_by("import similarity.__main__")


def test_reading_a_page_loads_neither_scrapy_nor_mongodb() -> None:
    heavy = {"scrapy", "twisted", "pymongo", "jieba", "gensim"}
    assert not heavy & loaded_by("import crawler.extraction, crawler.discovery.reader, crawler.sources")
