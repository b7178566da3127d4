"""The commands ask the service that runs on their data: the very same lines, and their own where it does not answer."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from similarity.answers.question import read
from similarity.cli import local_service
from similarity.cli.rendering import printed_answer
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from store.connection import connect
from store.settings import settings
from tests.commands import run, start
from tests.service.test_interfaces import QUESTIONS
from tests.similarity.conftest import storing_in
from text.analysis.analyzer import Analyzer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(news_uri: str) -> Iterator[local_service.LocalService]:
    """A service in a process of its own, and the settings of a command that may ask it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MONGODB_URI", news_uri)
        settings.cache_clear()
        process = start("similarity", "serve", "--port", "0")
        try:
            assert process.stdout and "http://127.0.0.1:" in process.stdout.readline()
            service = local_service.find()
            assert service
            while local_service.ask(service, {"q": "wafer"}, False) is None:
                assert process.poll() is None, process.stderr.read()
            yield service
        finally:
            process.kill()
            process.communicate()
    settings.cache_clear()


@pytest.mark.parametrize("as_json", [False, True], ids=["lines", "json"])
def test_the_service_answers_as_the_command_itself(
    served: local_service.LocalService, news_uri: str, as_json: bool
) -> None:
    with SimilarityIndex.open(news_uri, live=False) as index:
        for values in QUESTIONS:
            question = read(values)
            own = printed_answer(index, question, as_json)
            assert local_service.ask(served, question.values(), as_json) == own


def test_a_refused_question_is_refused_alike(served: local_service.LocalService) -> None:
    with pytest.raises(QueryError, match="no article of source 'nowhere'") as refused:
        local_service.ask(served, {"q": "wafer", "source": ["nowhere"]}, False)
    assert refused.value.option == "source"


def test_what_was_stored_a_moment_ago_is_found(served: local_service.LocalService, news_uri: str) -> None:
    database = connect(news_uri)
    (fresh,) = storing_in(database)(["Quartz crucibles are scarce."], Analyzer(), language="en")
    answer = local_service.ask(served, {"q": "quartz crucibles"}, True)
    database.articles.delete_one({"_id": fresh})
    database.client.close()
    assert json.loads(answer[0])["hits"][0]["article"]["id"] == fresh


def test_the_command_says_who_answered_and_falls_back(served: local_service.LocalService, news_uri: str) -> None:
    question = ("similarity", "search", "HBM4 供应", "--explain")
    asked = run(*question, mongodb_uri=news_uri)
    assert (asked.returncode, asked.stderr) == (
        0,
        f"本机服务 · answered by the service at http://127.0.0.1:{served.port}/\n",
    )
    other_settings = run(*question, mongodb_uri=news_uri, xinwen_sample_web="samples")
    assert "answered by this command" in other_settings.stderr
    os.kill(served.process, signal.SIGKILL)
    own = run(*question, mongodb_uri=news_uri)
    assert own.stderr == "本命令 · answered by this command\n"
    assert own.stdout == asked.stdout


@pytest.mark.parametrize("forged", ["", "\u00e9"], ids=["the proof of the question", "no ASCII"])
def test_another_program_on_the_port_is_not_believed(served: local_service.LocalService, forged: str) -> None:
    class Forger(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header(local_service.PROOF, forged or self.headers[local_service.PROOF])
            self.end_headers()
            self.wfile.write(b'{"lines": ["forged"]}')

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Forger) as server:
        Thread(target=server.handle_request).start()
        assert local_service.ask(replace(served, port=server.server_port), {"q": "wafer"}, False) is None


def test_the_file_is_for_the_user_alone_and_gone_afterwards(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XINWEN_DATA", str(tmp_path))
    settings.cache_clear()
    file = tmp_path / local_service.FILE
    compiled = Path(local_service.__file__).with_name("__pycache__") / "test.nbi"
    left = file.with_name(f"{local_service.FILE}.{os.getpid()}.partial")
    left.touch(0o666)
    left.chmod(0o666)  # whoever has it open must not read the secret
    with local_service.announced("127.0.0.1", 1, "secret"):
        compiled.parent.mkdir(exist_ok=True)
        compiled.touch()
        assert local_service.find(), "code that numba has compiled meanwhile"
        compiled.unlink()
        assert file.stat().st_mode & 0o777 == 0o600
        found = local_service.find()
        assert found and found.port == 1
        file.write_text(json.dumps(json.loads(file.read_text()) | {"identity": "another program"}))
        assert local_service.find() is None
        file.write_text("no JSON")
        assert local_service.find() is None
        with local_service.announced("127.0.0.1", 2, "secret"):
            pass
    assert not file.exists()
    settings.cache_clear()
