"""``xinwen watch``: make watches, look at them, try them, run them."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from threading import Event
from typing import Annotated, Any

import typer
from pymongo.database import Database

from alerts import feed_keys, log_book, watches
from alerts.delivery import probe_all
from alerts.errors import WatchError
from alerts.fields import preview_fields, target_fields, watch_fields
from alerts.previews import preview
from alerts.printing import asked, print_preview, secrets, target_line
from alerts.runner import Runner
from alerts.target_arguments import joined, targets_of
from alerts.targets import WEBHOOK
from alerts.watches import SOURCES, Watch, question_of
from similarity.cli.options import AsJson, Since, Until, console, errors_in_one_line, parse_day, print_json
from similarity.cli.search import (
    Across,
    Categories,
    Companies,
    Kinds,
    Languages,
    MinScore,
    Must,
    Not,
    Sources,
    TargetPrecision,
)
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.option_values import TIME_ZONE
from store import command_line, schema
from store.connection import Document, opened
from store.index import preparation
from store.layout import LAYOUT, OLDEST_READ
from store.leases import server_time
from text.analysis.analyzer import VERSION

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="订阅：有新消息时通知 · Watches: be notified when something new resembles what you care about",
)

Name = Annotated[str, typer.Argument(help="名称 · name of the watch")]
Text = Annotated[
    str | None,
    typer.Argument(help="要找的词、句子或整篇文章，同 search · words, a sentence or an article, as for search"),
]
Like = Annotated[
    str | None, typer.Option("--like", metavar="ID", help="或：与这篇已存文章相似的 · or: like this stored article")
]
EachArticle = Annotated[
    bool, typer.Option("--each-article", help="每篇都通知，而非每条新闻一次 · every article, not one of each story")
]
Changes = Annotated[
    bool, typer.Option("--changes", help="文章改动后再通知 · also an article whose text has changed since")
]
To = Annotated[
    list[str] | None,
    typer.Option(
        "--to",
        metavar="URL",
        help="通知谁，可多次：企业微信、钉钉、飞书机器人的地址，https:// 网址，或 apprise 的地址，如 mailto:// · "
        "whom to notify, several times: the address of a robot of WeCom, DingTalk or Feishu, an https:// webhook, or "
        "one of apprise, such as mailto://. After each: --every at-once | hourly | daily HH:MM | weekly DAY HH:MM, and "
        "--quiet 22:00-07:00 (no messages then; times of Asia/Shanghai)",
    ),
]


@app.command()
def add(
    name: Name,
    text: Text = None,
    like: Like = None,
    to: To = None,
    min_score: MinScore = None,
    target_precision: TargetPrecision = None,
    source: Sources = None,
    category: Categories = None,
    kind: Kinds = None,
    language: Languages = None,
    company: Companies = None,
    since: Since = None,
    until: Until = None,
    must: Must = None,
    not_: Not = None,
    across: Across = True,
    each_article: EachArticle = False,
    changes: Changes = False,
    sources: Annotated[
        bool, typer.Option("--sources", help="通知来源的失败与恢复，无需文字 · notify of sources that fail and recover")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """新订阅 · A new watch: TEXT is asked of every article that is stored from now on.

    It notifies of each story once, if a search with the same options would list it with --min-score (0.5) or more.
    """
    with _errors():
        targets = tuple(targets_of(to or ()))
        given = _question(text, like, min_score, target_precision, source, category, kind, language, company, since,
                          until, must, not_, across)  # fmt: skip
        if sources:
            if any(value is not None for option, value in given.items() if option != "across"):
                raise QueryError("--sources needs no text and no filters: it notifies of every source", "sources")
            with opened() as database:
                preparation.prepare(database, VERSION)
                made = watches.add(database, Watch(name, targets=targets, about=SOURCES))
        else:
            with SimilarityIndex.open(live=False) as index:
                preparation.prepare(index.database, VERSION)
                question, threshold = question_of(index, given)
                watch = Watch(name, question, threshold, targets, each_article, changes)
                made = watches.add(index.database, watch)
    if as_json:
        print_json(watch_fields(made) | {"secrets": secrets(made)})
        return
    console.print(f"已订阅 · watching: {made.name}", markup=False)
    for target in made.targets:
        console.print(f"  {target_line(target_fields(target))}", markup=False)
    for shown, secret in secrets(made).items():
        console.print(f"  签名密钥 · secret of the signatures to {shown}: {secret}", markup=False)
    console.print("  在 serve 或 watch run 运行期间有效 · works while serve or watch run is running", markup=False)
    if not made.targets:
        console.print("  没有 --to：只见于网页与 watch log · no --to: on the page and in watch log only", markup=False)


@app.command("list")
def list_watches(as_json: AsJson = False) -> None:
    """所有订阅 · All watches."""
    with _errors(), _database() as database:
        found = watches.all_watches(database)
        numbers = {watch.name: log_book.counts(database, watch) for watch in found}
    if as_json:
        print_json({"watches": [watch_fields(watch) | numbers[watch.name] for watch in found]})
        return
    for watch in found:
        state = "暂停 paused" if watch.paused else watch.fault or f"{numbers[watch.name]['notified']} 条 notified"
        failed = numbers[watch.name]["failed"]
        bad = f"  未送达 failed: {failed}" if failed else ""
        console.print(f"{watch.name:<20} ≥ {watch.min_score:.2f}  {asked(watch)}  [{state}]{bad}", markup=False)
    if not found:
        console.print("没有订阅 · no watches: xinwen watch add NAME TEXT --to URL", markup=False)


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """一个订阅 · One watch: its question, targets and numbers, and the secrets of its signatures."""
    with _errors(), _database() as database:
        watch = watches.find(database, name)
        numbers = log_book.counts(database, watch)
    fields = watch_fields(watch)
    if as_json:
        print_json(fields | numbers | {"secrets": secrets(watch)})
        return
    for key, value in (fields | numbers).items():
        if key != "targets" and value not in ("", False):
            console.print(f"{key:<14} {value}", markup=False)
    for target in watch.targets:
        secret = f"  secret {target.secret}" if target.kind == WEBHOOK else ""
        console.print(f"to             {target_line(target_fields(target))}{secret}", markup=False)


@app.command("try")
def try_question(
    text: Text = None,
    like: Like = None,
    min_score: MinScore = None,
    target_precision: TargetPrecision = None,
    source: Sources = None,
    category: Categories = None,
    kind: Kinds = None,
    language: Languages = None,
    company: Companies = None,
    since: Since = None,
    until: Until = None,
    must: Must = None,
    not_: Not = None,
    across: Across = True,
    as_json: AsJson = False,
) -> None:
    """试一试 · Of what a watch would have notified in the last 30 days, at three thresholds; nothing is saved."""
    with _errors():
        given = _question(text, like, min_score, target_precision, source, category, kind, language, company, since,
                          until, must, not_, across)  # fmt: skip
        with SimilarityIndex.open(live=False) as index:
            question, threshold = question_of(index, given)
            found = preview(index, question, threshold)
    if as_json:
        print_json(preview_fields(found))
        return
    print_preview(found, threshold)


@app.command()
def test(name: Name, as_json: AsJson = False) -> None:
    """发测试消息 · Send a test message to each target, and say what the service answered; status 1 for a refusal."""
    with _errors():
        with _database() as database:
            watch, now = watches.find(database, name), server_time(database)
        if not watch.targets:
            raise QueryError(f"watch {watch.name!r} has no targets", "to", f"订阅 {watch.name!r} 没有通知的地址")
        answers = probe_all(watch, now)
    if as_json:
        print_json({"targets": [target_fields(target) | asdict(answer) for target, answer in answers]})
    else:
        for target, answer in answers:
            console.print(f"{'✓' if answer.is_delivered else '✗'} {target.shown}  {answer.text}", markup=False)
    if not all(answer.is_delivered for _, answer in answers):
        raise typer.Exit(1)


@app.command()
def pause(name: Name, as_json: AsJson = False) -> None:
    """暂停 · Match and send nothing until resume."""
    _change(watches.pause, name, as_json)


@app.command()
def resume(name: Name, as_json: AsJson = False) -> None:
    """继续 · Go on with what is stored from now on."""
    _change(watches.resume, name, as_json)


@app.command()
def remove(name: Name, as_json: AsJson = False) -> None:
    """删除 · Remove a watch and what it has not sent yet."""
    _change(watches.remove, name, as_json)


@app.command()
def feed(
    name: Name,
    revoke: Annotated[bool, typer.Option("--revoke", help="撤销地址 · nobody reads it there any more")] = False,
    as_json: AsJson = False,
) -> None:
    """订阅源 · The address of an Atom feed of what the watch finds; whoever knows it may read. Served by serve."""
    with _errors(), _database(LAYOUT) as database:
        schema.create_collections(database)
        if revoke:
            feed_keys.revoke_feed(database, name)
        path = "" if revoke else feed_keys.make_feed(database, name)
    if as_json:
        print_json({"address": path or None})
    else:
        console.print(path or "已撤销 · revoked", markup=False)


@app.command()
def log(
    name: Name,
    k: Annotated[int, typer.Option("-k", min=1, max=10_000, help="条数 · how many")] = 20,
    as_json: AsJson = False,
) -> None:
    """通知记录 · What was sent, the newest first, to whom, and what the services answered."""
    with _errors(), _database() as database:
        found = log_book.entries(database, watches.find(database, name), k)
    if as_json:
        print_json({"entries": [asdict(entry) for entry in found]})
        return
    for entry in found:
        score = f"{entry.score:.2f}  {entry.source:<14}" if entry.kind == "article" else "—"
        console.print(f"{entry.found.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}  {score} {entry.title}", markup=False)
        for one in entry.deliveries:
            due = f" → {one.next.astimezone(TIME_ZONE):%m-%d %H:%M}" if one.next else ""
            console.print(f"    {one.state}{due}  {one.target}  {one.answer}", markup=False)
    if not found:
        console.print("还没有通知过 · no notifications yet", markup=False)


@app.command()
def run() -> None:
    """运行 · Match and send until it is stopped, on a machine without serve, which does the same."""
    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with _errors(), SimilarityIndex.open(live=False) as index:
        preparation.prepare(index.database, VERSION)
        runner = Runner(index)
        runner.start()
        console.print("订阅在运行 · watches are running", markup=False)
        stopping.wait()
        runner.stop()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with *arguments*, else with those of the process."""
    with _errors():
        given = joined(sys.argv[1:] if arguments is None else arguments)
    command_line.run(app, "xinwen watch", given)


@contextmanager
def _errors() -> Iterator[None]:
    with errors_in_one_line(WatchError):
        yield


@contextmanager
def _database(oldest: int = OLDEST_READ) -> Iterator[Database[Document]]:
    with opened() as database:
        preparation.refuse_other_layout(database, oldest)
        yield database


def _change(change: Callable[[Database[Document], str], None], name: str, as_json: bool) -> None:
    with _errors(), _database(LAYOUT) as database:
        found = watches.find(database, name)
        change(database, found.name)
    if as_json:
        print_json({"name": found.name, "done": change.__name__})


def _question(
    text: str | None, like: str | None, min_score: float | None, target_precision: float | None,
    source: list[str] | None, category: list[str] | None, kind: list[str] | None, language: list[str] | None,
    company: list[str] | None, since: str | None, until: str | None, must: list[str] | None, not_: list[str] | None,
    across: bool,
) -> dict[str, Any]:  # fmt: skip
    return {
        "q": text,
        "like": like,
        "min_score": min_score,
        "target_precision": target_precision,
        "source": source,
        "category": category,
        "kind": kind,
        "language": language,
        "company": company,
        "since": parse_day("--since", since),
        "until": parse_day("--until", until),
        "must": must,
        "not": not_,
        "across": across,
    }
