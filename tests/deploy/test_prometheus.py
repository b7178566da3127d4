"""Rules and dashboard: read by Prometheus' own tool, once more broken on purpose, and held against what is emitted."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.metrics import Metrics
from similarity.condition import read_state
from similarity.metrics import gauge, of_sources, of_state, text_of
from tests.commands import PROJECT
from tests.deploy.tools import tool
from tests.similarity.test_metrics import add_runs

RULES = PROJECT / "deploy" / "prometheus"
DASHBOARD = PROJECT / "deploy" / "grafana" / "xinwen.json"
RUNBOOKS = PROJECT / "docs" / "runbook.md", PROJECT / "docs" / "runbook.zh-CN.md"


def promtool(*arguments: object, folder: Path = RULES) -> subprocess.CompletedProcess[str]:
    command = [tool("promtool", "prometheus"), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def broken(folder: Path, old: str, new: str) -> Path:
    """A copy of the rules and their tests in *folder*, in which *old* is *new*."""
    for file in RULES.iterdir():
        shutil.copy(file, folder)
    rules = folder / "alerts.yml"
    text = rules.read_text("utf-8")
    assert old in text
    rules.write_text(text.replace(old, new), "utf-8")
    return folder


def test_the_rules_are_rules(tmp_path: Path) -> None:
    checked = promtool("check", "rules", "alerts.yml")
    assert checked.returncode == 0 and "5 rules found" in checked.stdout, checked.stderr
    for old, new in (("max by (source)", "max bye (source)"), ("for: 10m", "for: soon"), ("expr:", "expression:")):
        assert promtool("check", "rules", "alerts.yml", folder=broken(tmp_path, old, new)).returncode != 0


def test_the_rules_alert_when_they_should_and_only_then(tmp_path: Path) -> None:
    tested = promtool("test", "rules", "alerts_test.yml")
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("> 3 * 86400", "> 4 * 86400"),
        ("and on (source) max by (source) (xinwen_source_enabled) == 1", ""),
        ("time() > max by (source)", "time() > 7200 + max by (source)"),
        ("or max(xinwen_index_unpacked_seconds) > 600", ""),
        ("xinwen_index_behind_seconds) > 600", "xinwen_index_behind_seconds) > 6000"),
        ("> 3600", "> 36000"),
        ("< 0.1", "< 0.01"),
        ("for: 5m", "for: 50h"),
    ],
)
def test_the_tests_of_the_rules_see_a_wrong_rule(tmp_path: Path, old: str, new: str) -> None:
    assert promtool("test", "rules", "alerts_test.yml", folder=broken(tmp_path, old, new)).returncode != 0


def emitted(database) -> set[str]:
    """The names of all samples that the server and the command emit."""
    add_runs(database)
    now = datetime.now(UTC)
    state = read_state(database, now, Path("/"))
    server = Metrics()
    server.count("GET", "/healthz", 200, 0.1)
    families = [gauge("database_up", "…", 1), *of_state(state, now), *of_sources(database, state, now)]
    text = server.text([]).decode() + text_of(families).decode()
    # The age of the newest article is given where there is one.
    times = {"xinwen_newest_article_timestamp_seconds", "xinwen_newest_article_age_seconds"}
    return times | {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}


def test_every_metric_of_rules_and_dashboard_is_emitted(database) -> None:
    names = emitted(database)
    board = json.loads(DASHBOARD.read_text("utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    files = (RULES / "alerts.yml", RULES / "alerts_test.yml")
    for text in (*queries, *(file.read_text("utf-8") for file in files)):
        used = set(re.findall(r"\bxinwen_\w+", text))
        assert used <= names, used - names
    assert len(queries) >= 20 and all("xinwen_" in query for query in queries)


def test_the_queries_of_the_dashboard_are_queries(tmp_path: Path) -> None:
    board = json.loads(DASHBOARD.read_text("utf-8"))
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    rules = [{"record": f"x:{number}", "expr": query.replace("$__rate_interval", "5m")}
             for number, query in enumerate(queries)]  # fmt: skip
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "x", "rules": rules}]}))
    checked = promtool("check", "rules", "rules.yml", folder=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.name)
def test_every_alert_has_its_lines_in_the_runbook(page: Path) -> None:
    links = re.findall(r"runbook: docs/runbook.md#(\S+)", (RULES / "alerts.yml").read_text("utf-8"))
    assert len(links) == len(set(links)) == 5
    sections = re.split(r"^## ", page.read_text("utf-8"), flags=re.M)[2:]
    assert len(sections) == 5
    for section in sections:
        assert section.count("`xinwen ") + section.count("`scrapy ") >= 1, section[:40]
    if page.name == "runbook.md":
        heads = {section.splitlines()[0].lower().replace(" ", "-") for section in sections}
        assert heads == set(links)
