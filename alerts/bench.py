"""How soon the matches of new articles are noted: 1,000 watches against 10 articles a second.

``xinwen bench --watches`` runs it over generated articles in a database of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

from alerts import watches
from alerts.matcher import Matcher
from alerts.runner import INTERVAL
from alerts.watches import Watch
from similarity.answers.question import Question
from similarity.bench import SearchBenchFailed, generated
from similarity.bench.corpus import Corpus, make, queries
from similarity.bench.ours import word
from similarity.index import SimilarityIndex
from store.article import Article
from store.connection import connect
from store.documents.articles import VectorizedArticle, write
from store.errors import shown_in_one_line

WATCHES, WORDS, PER_SECOND, SECONDS = 1_000, 5, 10, 30


def run(size: int) -> dict[str, Any]:
    """The figures with *size* articles stored before. Raises SearchBenchFailed, StoreError."""
    with generated(size, _show) as collection:
        _show(f"{size:,} articles: {WATCHES:,} watches")
        command = [sys.executable, "-m", "alerts.bench", str(collection.folder), collection.uri]
        done = subprocess.run(
            command, env=collection.environment, capture_output=True, text=True, timeout=3600, check=False
        )
    if done.returncode:
        raise SearchBenchFailed(f"watches: {(done.stderr.splitlines() or ['no output'])[-1]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"docs": size} | figures


def measure(uri: str, corpus: Corpus) -> dict[str, Any]:
    """Match articles while they are stored: seconds from the write until the matches are noted, and CPU time."""
    with SimilarityIndex.open(uri, live=False) as index:
        texts = [" ".join(map(word, words)) for words in queries(corpus, WATCHES, WORDS)]
        for number, text in enumerate(texts):
            watches.add(index.database, Watch(f"w{number}", Question(q=text), 0.3))
        matcher, stored, noted = Matcher(index), dict[str, float](), dict[str, float]()
        _store(uri, corpus, 1, stored)  # the first step parses all questions
        while matcher.step():
            pass
        stored.clear()
        storing = Thread(target=_store, args=(uri, corpus, PER_SECOND * SECONDS, stored))
        storing.start()
        began = time.process_time()
        while storing.is_alive() or len(noted) < len(stored):
            number = matcher.step()
            waiting = [key for key in list(stored) if key not in noted]
            done = {"_id": {"$in": waiting}, "unmatched": {"$exists": False}}
            noted |= dict.fromkeys((row["_id"] for row in index.database.articles.find(done, {"_id": 1})), time.time())
            if not number:
                time.sleep(INTERVAL)
        cpu = time.process_time() - began
        matches = index.database.outbox.count_documents({})
    delays = [noted[key] - stored[key] for key in stored]
    return {
        "watches": WATCHES,
        "articles": len(stored),
        "matches": matches,
        "noted_p50_s": round(float(np.percentile(delays, 50)), 2),
        "noted_p95_s": round(float(np.percentile(delays, 95)), 2),
        "cpu_share": round(cpu / SECONDS, 2),
    }


def _show(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _store(uri: str, corpus: Corpus, number: int, stored: dict[str, float]) -> None:
    """Store *number* articles like those of *corpus*, so many a second; when each was written is put into *stored*."""
    fresh = make(number, 300, seed=int(time.time()))
    with connect(uri).client as client:
        database = client.get_default_database()
        start = time.time()
        for place in range(number):
            time.sleep(max(start + place / PER_SECOND - time.time(), 0))
            url = f"https://bench.example/{start}/{place}"
            article = Article("bench0", url, f"title {place}", datetime.now(UTC), language="en")
            write(database, [VectorizedArticle(article, [fresh.row(place)])])
            stored[article.id] = time.time()


def main() -> None:
    """Measure, and print the figures; with a folder and an address in a process that ``run`` has started."""
    if len(sys.argv) == 3:
        sys.stdout.write(json.dumps(measure(sys.argv[2], Corpus.load(Path(sys.argv[1])))) + "\n")
        return
    with shown_in_one_line(SearchBenchFailed):
        figures = run(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    cores = os.cpu_count()
    sys.stdout.write(json.dumps(figures | {"per_second": PER_SECOND, "cores": cores}, indent=2) + "\n")


if __name__ == "__main__":
    main()
