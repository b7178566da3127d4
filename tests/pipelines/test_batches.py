"""Articles are written in full batches, however many find the same batch full."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.commands import PROJECT, environment

_SHOWN = """
import sys, time
from pathlib import Path
import pipelines.store
from pipelines.files import Found
from pipelines.ingest import ingest

sizes = []

def shown(database, entries, write=pipelines.store.write):
    sizes.append(len(entries))
    time.sleep(0.2)  # meanwhile the next articles come
    return write(database, entries)

pipelines.store.write = shown
pipelines.store.INTERVAL = 60
report = ingest([Found(Path(sys.argv[1]))])
print(report.new, sizes)
"""


def test_batches_are_full_but_for_the_last(tmp_path: Path, uri: str, database) -> None:
    rows = [
        {"url": f"https://a.example/{number}", "title": f"Lot {number}", "body": f"Lot {number} has left the plant."}
        for number in range(120)
    ]
    (tmp_path / "some.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = subprocess.run(
        [sys.executable, "-c", _SHOWN, str(tmp_path / "some.jsonl")],
        cwd=PROJECT,
        env=environment(mongodb_uri=uri),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("120 [50, 50, 20]\n", "")
