"""One stage of the bench in a process of its own: ``python -m similarity.bench.stage NAME FOLDER [URI]``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from store.connection import connect, store_errors


def main(name: str, folder: Path, uri: str) -> dict[str, Any]:
    """Do stage *name*: a rival's name, or ``corpus | fill | open | measure`` of ours."""
    plan = json.loads((folder / "plan.json").read_text())
    if name == "open":
        from similarity.bench.ours import start

        return start(uri)
    from similarity.bench.corpus import Corpus, make, queries

    if name == "corpus":
        make(plan["docs"], plan["distinct"]).save(folder)
        return {}
    corpus = Corpus.load(folder)
    asked = queries(corpus, plan["queries"], plan["words"])
    if name == "fill":
        from similarity.bench.ours import fill

        with connect(uri).client as client, store_errors(uri):
            return fill(client.get_default_database(), corpus)
    long = queries(corpus, plan["queries"] // 2, plan["distinct"], seed=3)
    if name == "measure":
        from similarity.bench.ours import measure

        return measure(uri, asked, long)
    return _rival(name, corpus, folder, asked[: plan["rival_queries"]], long[: plan["rival_queries"] // 2])


def _rival(name: str, corpus: Any, folder: Path, asked: list[list[int]], long: list[list[int]]) -> dict[str, Any]:
    from similarity.bench.measure import memory, seconds, times
    from similarity.bench.rivals import RIVALS

    made: list[Callable[[list[int]], object]] = []
    built = seconds(lambda: made.append(RIVALS[name](corpus, folder)))
    return {"build_s": built, **times(made[0], asked), "memory": memory(), "long": times(made[0], long)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:] or [""])) + "\n")
