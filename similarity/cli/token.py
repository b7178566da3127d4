"""``token``: who may use the HTTP API from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from pymongo.database import Database

from similarity.cli.options import AsJson, console, errors_in_one_line, print_json
from store import schema
from store.connection import Document, opened
from store.documents import tokens
from store.index.preparation import refuse_other_layout
from store.layout import LAYOUT, OLDEST_READ

token = typer.Typer(
    no_args_is_help=True, add_completion=False, help="令牌 · Tokens for the HTTP API: add, list, revoke"
)

Name = Annotated[str, typer.Argument(help="谁的令牌 · whose token")]


@token.command()
def add(
    name: Name,
    write: Annotated[bool, typer.Option("--write", help="可写 · may also write")] = False,
    as_json: AsJson = False,
) -> None:
    """新令牌，只显示这一次 · A new token; it is shown this once."""
    with _database() as database:
        schema.create_collections(database)
        secret = tokens.add(database, name, write)
    if as_json:
        print_json({"name": name, "token": secret, "write": write})
    else:
        typer.echo(secret)


@token.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """已有的令牌 · The tokens there are, without the secrets."""
    with _database(OLDEST_READ) as database:
        found = tokens.all_tokens(database)
    if as_json:
        print_json({"tokens": [asdict(one) for one in found]})
        return
    for one in found:
        console.print(f"{one.made:%Y-%m-%d}  {'读写 write' if one.write else '只读 read '}  {one.name}", markup=False)
    if not found:
        console.print("没有令牌 · no tokens: xinwen token add NAME")


@token.command()
def revoke(name: Name, as_json: AsJson = False) -> None:
    """吊销令牌，即时生效 · Revoke a token; it is refused from now on."""
    with _database() as database:
        tokens.revoke(database, name)
    if as_json:
        print_json({"name": name, "revoked": True})


@contextmanager
def _database(oldest: int = LAYOUT) -> Iterator[Database[Document]]:
    with errors_in_one_line(tokens.TokenError), opened() as database:
        refuse_other_layout(database, oldest)
        yield database
