"""deploy/airflow: the DAG runs in a real Airflow, which lives in an environment of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.runner.deployment import sites_of, with_sites
from crawler.sources import PACKAGED
from tests.commands import environment, run
from tests.deploy import tools
from tests.deploy.only import only

REQUIREMENTS = ("apache-airflow==3.3.2", "apache-airflow-providers-standard==1.21.0")

Airflow = Callable[..., subprocess.CompletedProcess[str]]


def test_the_dag_has_a_task_for_each_enabled_source(deploy: Path) -> None:
    text = (deploy / "airflow" / "xinwen_dag.py").read_text("utf-8")
    expected = with_sites(text, sites_of(PACKAGED.values()))
    assert text == expected, "out of date: python -m crawler.authoring.source_table writes it"


@pytest.fixture
def airflow(tmp_path: Path, uri: str) -> Airflow:
    """Runs a program of Airflow's environment, with the database and the DAGs in ``tmp_path / "airflow"``."""
    programs = tools.environment("airflow", *REQUIREMENTS)
    home, empty = tmp_path / "airflow", programs.parent / "empty"
    variables = environment(pythonpath=None, airflow_home=home, airflow__core__load_examples=False, mongodb_uri=uri)
    if not (empty / "airflow.db").exists():  # made once, as this takes Airflow a while
        made = variables | {"AIRFLOW_HOME": f"{empty}.new"}
        subprocess.run([programs / "airflow", "db", "migrate"], env=made, capture_output=True, check=True, timeout=300)
        Path(f"{empty}.new").rename(empty)
    (home / "dags").mkdir(parents=True)
    shutil.copy(empty / "airflow.db", home)

    def call(program: str, *arguments: object, **added: str) -> subprocess.CompletedProcess[str]:
        command = [programs / program, *map(str, arguments)]
        return subprocess.run(
            command, env=variables | added, cwd=home, capture_output=True, text=True, timeout=300, check=False
        )

    return call


@pytest.mark.slow
def test_the_dag_crawls_two_sources_then_compacts_and_makes_the_digest(
    airflow: Airflow, samples, tmp_path: Path
) -> None:
    two, data, dags = only(tmp_path, "semi", "sia"), tmp_path / "data", tmp_path / "airflow" / "dags"
    data.mkdir()
    done = run("scrapy", "schedule", "--airflow", "--out", dags, xinwen_data=data, **two)
    assert done.returncode == 0, done.stderr

    pools = airflow("python", dags / "xinwen_dag.py").stdout
    assert [*json.loads(pools)] == ["xinwen www.semi.org", "xinwen www.semiconductors.org"]
    (tmp_path / "pools.json").write_text(pools)
    assert (done := airflow("airflow", "pools", "import", tmp_path / "pools.json")).returncode == 0, done.stderr

    text = (dags / "xinwen_dag.py").read_text("utf-8")
    (dags / "broken_dag.py").write_text(text.replace("BashOperator(", "BushOperator("))
    found = airflow("airflow", "dags", "list-import-errors", "--local", "--output", "json")
    errors = json.loads(re.search(r"^\[.*\]$", found.stdout, re.M | re.S)[0])
    assert [Path(error["filepath"]).name for error in errors] == ["broken_dag.py"]
    assert "BushOperator" in errors[0]["error"]

    done = airflow("airflow", "dags", "test", "xinwen", "--dagfile-path", dags / "xinwen_dag.py", **two)
    assert done.returncode == 0 and "state=success" in done.stdout, done.stdout + done.stderr
    assert sorted((run["source"], run["verdict"]) for run in samples.runs.find()) == [("semi", "ok"), ("sia", "ok")]
    assert samples.articles.count_documents({"pending": {"$exists": True}}) == 0
    assert "<html" in (data / "digest.html").read_text("utf-8")
