"""One stage of the bench in a process of its own: ``python -m similarity.bench.stage NAME FOLDER [URI]``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from store.connection import connect, store_errors


def main(name: str, folder: Path, uri: str) -> dict[str, Any]:
    """Run stage *name*, a rival's name or ``corpus | fill | pages | open | measure | api``, and return its figures."""
    plan = json.loads((folder / "plan.json").read_text())
    if name == "open":
        from similarity.bench.ours import start

        return start(uri)
    from similarity.bench.corpus import Corpus, make, queries

    if name == "corpus":
        make(plan["docs"], plan["distinct"]).save(folder)
        return {}
    corpus = Corpus.load(folder)
    sampled = queries(corpus, plan["queries"], plan["words"])
    if name == "fill":
        from similarity.bench.ours import fill

        with connect(uri).client as client, store_errors(uri):
            return fill(client.get_default_database(), corpus)
    if name == "pages":
        from similarity.bench.backup import add_pages

        with connect(uri).client as client, store_errors(uri):
            return add_pages(client.get_default_database(), corpus)
    long = queries(corpus, plan["queries"] // 2, plan["distinct"], seed=3)
    if name == "api":
        from similarity.bench.api import measure as measure_api

        return measure_api(uri, plan["port"], sampled)
    if name == "measure":
        from similarity.bench.ours import measure

        return measure(uri, sampled, long)
    return _rival(name, corpus, folder, sampled[: plan["rival_queries"]], long[: plan["rival_queries"] // 2])


def _rival(name: str, corpus: Any, folder: Path, sampled: list[list[int]], long: list[list[int]]) -> dict[str, Any]:
    from similarity.bench.measure import memory, times
    from similarity.bench.rivals import RIVALS

    start = time.perf_counter()
    query = RIVALS[name](corpus, folder)
    built = round(time.perf_counter() - start, 4)
    return {"build_s": built, **times(query, sampled), "memory": memory(), "long": times(query, long)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:] or [""])) + "\n")
