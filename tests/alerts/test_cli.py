"""The command ``watch``: from making a watch to its log, and wrong input in one line."""

from __future__ import annotations

import json
import re
import signal
import time
from itertools import pairwise

import pytest

from alerts.errors import WatchError
from alerts.matcher import Matcher
from alerts.target_arguments import joined, targets_of
from alerts.targets import DINGTALK, WECOM
from tests.alerts.conftest import Writer
from tests.alerts.robots import DINGTALK_URL, WECOM_URL
from tests.commands import PROJECT, assert_one_line_error, run, run_fresh, start


def test_each_target_has_its_own_rhythm() -> None:
    line = ["add", "w", "x", "--to", WECOM_URL, "--every", "weekly", "mon", "09:00", "--quiet", "22:00-07:00",
            f"--to={DINGTALK_URL}", "--every=daily 08:30", "--must", "HBM4"]  # fmt: skip
    arguments = joined(line)
    assert [arguments[0], *arguments[-2:]] == ["add", "--must", "HBM4"]
    values = [value for name, value in pairwise(arguments) if name == "--to"]
    first, second = targets_of(values)
    assert (first.kind, str(first.rhythm), first.rhythm.quiet_text) == (WECOM, "weekly mon 09:00", "22:00-07:00")
    assert (second.kind, str(second.rhythm), second.rhythm.quiet_text) == (DINGTALK, "daily 08:30", "")
    for wrong, why in [
        (["--every", "hourly"], "stands before the --to"),
        (["--to", WECOM_URL, "--every", "hourly", "--every", "hourly"], "--every is given twice"),
        (["--to", "https://a b.example/"], "is no target"),
        (["--to", WECOM_URL, "--every", "daily", "--json"], "is no rhythm"),
        (["--to", WECOM_URL, "--every", "", "HBM4"], "--every '' is no rhythm"),
    ]:
        with pytest.raises(WatchError, match=why):
            targets_of([value for value in joined(wrong) if value.startswith("http")])


def test_the_addresses_in_the_docs_are_targets() -> None:
    pages = [*PROJECT.glob("README*.md"), *PROJECT.glob("docs/watches*.md")]
    found = [address for page in pages for address in re.findall(r'--to "([^"]+)"', page.read_text("utf-8"))]
    assert [target.kind for target in targets_of(found)].count(WECOM) == 6


@pytest.mark.slow
def test_a_watch_from_its_making_to_its_end(uri: str, index, writer: Writer, forty) -> None:
    def watch(*arguments: object):
        return run("alerts", *arguments, mongodb_uri=uri, columns=200)

    writer.store(forty[:20])
    text = max(forty[:20], key=lambda item: item.article.published).article.title
    tried = json.loads(watch("try", text, "--min-score", "0.4", "--json").stdout)
    assert [one["min_score"] for one in tried["thresholds"]] == [0.3, 0.4, 0.5]
    counts = [one["stories"] for one in tried["thresholds"]]
    assert counts == sorted(counts, reverse=True) and counts[1] >= 1
    assert tried["examples"][0]["article"]["title"] == text
    assert "→ --min-score 0.40" in watch("try", text, "--min-score", "0.4").stdout
    assert index.database.watches.count_documents({}) == 0

    made = watch("add", "asml", text, "--min-score", "0.3", "--to", WECOM_URL, "--every", "daily", "08:30")
    assert "已订阅 · watching: asml" in made.stdout and "daily 08:30" in made.stdout, made.stderr
    assert "693a91f6" not in made.stdout
    hook = watch("add", "hook", "HBM4", "--language", "en", "--to", "https://hooks.example.org/x")
    assert re.search(r"whsec_\S{32}", hook.stdout)
    assert_one_line_error(watch("add", "asml", "HBM4"), "there is a watch 'asml' already; remove it first")

    writer.store(forty[20:])
    index.database.articles.update_many({}, {"$set": {"unmatched": "ready"}})
    Matcher(index).step()
    listed = json.loads(watch("list", "--json").stdout)["watches"]
    assert [one["name"] for one in listed] == ["asml", "hook"]
    shown = json.loads(watch("show", "hook", "--json").stdout)
    assert shown["question"] == {"q": "HBM4", "language": ["en"]}
    entries = json.loads(watch("log", "asml", "--json").stdout)["entries"]
    assert len(entries) == listed[0]["notified"]
    assert all(one["deliveries"][0]["state"] == "held" for one in entries)
    for command in ("pause", "resume", "remove"):
        assert watch(command, "asml").returncode == 0
    assert_one_line_error(watch("show", "asml"), "there is no watch 'asml'; there are hook")
    assert "hook" in watch("list").stdout


WRONG = [
    (["add", "w", ""], "no question"),
    (["add", "w", "台积电", "--not", "TSMC"], "asked for and is excluded"),
    (["add", "w", "HBM4", "--min-score", "7"], "min_score 7 is no threshold"),
    (["add", "w", "HBM4", "--to", "http://a.example/"], "use https"),
    (["add", "w", "HBM4", "--to", "https://192.168.0.9/"], "private network"),
    (["add", "w", "HBM4", "--to", WECOM_URL, "--to", WECOM_URL], "is given twice"),
    (["add", "w", "HBM4", "--to", WECOM_URL, "--quiet", "night"], "is no span of hours"),
    (["add", "a/b", "HBM4"], "no name of a watch"),
    (["add", "w", "HBM4", "--sources"], "--sources needs no text"),
    (["add", "w", "--sources", "--source", "sia"], "--sources needs no text and no filters"),
    (["test", "w"], "there is no watch 'w'"),
    (["log", "w", "-k", "99999999999999999999"], "less than or equal to 10000"),
    (["log", "w"], "there is no watch 'w'"),
    (["show", "\udcff"], "there is no watch"),
]


@pytest.mark.slow
def test_wrong_input_is_one_line(uri: str, writer: Writer) -> None:
    for arguments, message in WRONG:
        assert_one_line_error(run("alerts", *arguments, mongodb_uri=uri), message)


@pytest.mark.slow
def test_similarity_watch_is_the_same_command(uri: str, writer: Writer) -> None:
    assert "--every at-once" in run_fresh("similarity", "watch", "add", "--help", columns=300).stdout
    behind = run_fresh("similarity", "watch", "show", "--", "-三星", mongodb_uri=uri)
    assert_one_line_error(behind, "there is no watch '-三星'")
    running = start("similarity", "watch", "run", mongodb_uri=uri)
    try:
        assert running.stdout and "watches are running" in running.stdout.readline()
        time.sleep(0.5)
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=30)
        assert (running.returncode, out, err) == (0, "", "")
    finally:
        running.kill()
