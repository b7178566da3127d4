"""What an article costs: ``python -m tests.replicas.article_cost`` crawls the sample web twice; for ``docs/scale.md``.

Bytes are those of the documents before WiredTiger compresses them: of a few hundred articles its files are mostly
empty. CPU time for a page is what ``python -m crawler bench`` says.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pymongo.database import Database
from rich.console import Console
from rich.table import Table

from store.connection import SAMPLES, Document, connect
from store.server import embedded
from tests.commands import run_fresh

COLLECTIONS = ("articles", "raw", "portraits", "pages", "terms", "segments")


@contextmanager
def crawled(data: Path) -> Iterator[Database[Document]]:
    """The database of the samples in *data*, after one more crawl of all of them."""
    done = run_fresh("pipelines", "samples", xinwen_data=data, mongodb_uri=None)
    if done.returncode:
        sys.exit(done.stderr or done.stdout)
    with connect(embedded.ensure_running(data, f"xinwen{SAMPLES}")).client as client:
        yield client.get_default_database()


def requests(database: Database[Document]) -> tuple[int, int]:
    """Requests of the last run of each source, and the articles that were new in it."""
    last = [database.runs.find_one({"source": key}, sort=[("ended", -1)]) for key in database.runs.distinct("source")]
    return sum(sum(row["requests"].values()) for row in last if row), sum(row["new"] for row in last if row)


def main() -> None:
    """Print bytes by collection, and requests of a first and a second crawl."""
    sizes = Table("collection", "bytes an article", "of these its database indexes")
    asked = Table("crawl", "requests", "new articles")
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary)
        for name in ("first", "second"):
            with crawled(data) as database:
                asked.add_row(name, *map(str, requests(database)))
                if name == "first":
                    continue
                number = database.articles.count_documents({})
                for collection in COLLECTIONS:
                    stats = database.command("collStats", collection)
                    indexes = stats["totalIndexSize"] / number
                    sizes.add_row(collection, f"{stats['size'] / number + indexes:,.0f}", f"{indexes:,.0f}")
        embedded.stop(data)
    console = Console()
    console.print(f"{number} articles", sizes, asked)


if __name__ == "__main__":
    main()
