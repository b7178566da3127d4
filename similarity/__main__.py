"""Search and maintenance of the index: ``python -m similarity search | similar | evaluate | floors | health | …``."""

from __future__ import annotations

import typer

from similarity.cli.bench import bench
from similarity.cli.browse import delete, latest, open_original, show, stats
from similarity.cli.evaluate import evaluate
from similarity.cli.explore import keywords, related, trend
from similarity.cli.health import health
from similarity.cli.maintenance import compact, rebuild, retokenize, train, verify
from similarity.cli.quality import calibrate, floors
from similarity.cli.search import search, similar
from similarity.cli.serve import serve
from similarity.cli.token import token

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

app.command()(search)
app.command()(similar)
app.command()(latest)
app.command()(show)
app.command("open")(open_original)
app.command()(keywords)
app.command()(trend)
app.command()(related)
app.command()(stats)
app.command()(delete)
app.command()(compact)
app.command()(rebuild)
app.command()(verify)
app.command()(train)
app.command()(retokenize)
app.command()(health)
app.command()(evaluate)
app.command()(calibrate)
app.command()(bench)
app.command()(serve)
app.add_typer(floors, name="floors")
app.add_typer(token, name="token")


if __name__ == "__main__":
    app()
