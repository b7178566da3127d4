"""Store writes full batches, although several articles may find the same batch full."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import PROJECT, environment

pytestmark = pytest.mark.slow

_RECORD_BATCHES = """
import sys, time
from pathlib import Path
import pipelines.store
from pipelines.ingest.files import InputFile
from pipelines.ingest.ingest import ingest

sizes = []

def recording(database, articles, write=pipelines.store.write, **options):
    sizes.append(len(articles))
    time.sleep(0.2)  # the next articles arrive meanwhile
    return write(database, articles, **options)

pipelines.store.write = recording
pipelines.store.INTERVAL = 60
report = ingest([InputFile(Path(sys.argv[1]))])
print(report.new, sizes)
"""


def test_all_batches_but_the_last_are_full(tmp_path: Path, uri: str, database) -> None:
    rows = [
        {"url": f"https://a.example/{number}", "title": f"Lot {number}", "body": f"Lot {number} has left the plant."}
        for number in range(120)
    ]
    (tmp_path / "some.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = subprocess.run(
        [sys.executable, "-c", _RECORD_BATCHES, str(tmp_path / "some.jsonl")],
        cwd=PROJECT,
        env=environment(mongodb_uri=uri),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("120 [50, 50, 20]\n", "")
