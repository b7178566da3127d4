"""A server on this machine that answers as WeCom, DingTalk, Feishu and other services do, refusals included."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from alerts.network import LOCAL
from alerts.targets import DINGTALK_HOST, FEISHU_HOSTS, WECOM_HOST

HOOK_HOST = "hooks.example.org"
WECOM_URL = f"https://{WECOM_HOST}/cgi-bin/webhook/send?key=693a91f6-7abc-4bc4-97a0-0ec2sifa5aaa"
SECRET = "SEC0123456789"
DINGTALK_URL = f"https://{DINGTALK_HOST}/robot/send?access_token=0123456789abcdef&secret={SECRET}"
FEISHU_URL = "https://open.feishu.cn/open-apis/bot/v2/hook/0a1b2c3d-1234-5678-9abc-0a1b2c3d4e5f"


@dataclass(frozen=True)
class Received:
    """A request to the server."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The text that a robot was sent."""
        body = json.loads(self.body)
        return next(
            body[name][key]
            for name in ("markdown", "content")
            for key in ("content", "text")
            if key in body.get(name, ())
        )


@dataclass
class Robots:
    """What was asked of the server, and what it says to what comes next (``refusals``, taken from the left)."""

    received: list[Received] = field(default_factory=list)
    refusals: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    hangs: threading.Event = field(default_factory=threading.Event)
    together: threading.Barrier = field(default_factory=lambda: threading.Barrier(2))
    host: tuple[str, int] = ("", 0)

    def refuse(self, status: int = 200, headers: dict[str, str] | None = None, **body: object) -> None:
        """Answer the next request with *status* and *body*."""
        self.refusals.append((status, headers or {}, json.dumps(body).encode()))

    def answer(self, one: Received) -> tuple[int, dict[str, str], bytes]:
        """What the service that *one* is for says."""
        if self.refusals:
            return self.refusals.pop(0)
        error = {"errcode": 0, "errmsg": "ok"}
        if one.path == "/cgi-bin/webhook/send":
            if len(one.text.encode()) > 4096:
                error = {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}
        elif one.path == "/robot/send":
            stamp = one.query.get("timestamp", "")
            code = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
            if one.query.get("sign") != base64.b64encode(code).decode() or "secret" in one.query:
                error = {"errcode": 310000, "errmsg": "sign not match"}
        elif one.path.startswith("/open-apis/"):
            return 200, {}, json.dumps(self.answer_of_feishu(one)).encode()
        else:
            return 204, {}, b""
        return 200, {}, json.dumps(error).encode()

    def answer_of_feishu(self, one: Received) -> dict[str, object]:
        """What Feishu says: a robot whose token begins with ``signed`` checks the signature."""
        body = json.loads(one.body)
        if len(one.body) > 20_480:
            return {"code": 11246, "msg": "request body too large"}
        if one.path.rpartition("/")[2].startswith("signed"):
            code = hmac.new(f"{body.get('timestamp')}\n{SECRET}".encode(), digestmod=hashlib.sha256).digest()
            if body.get("sign") != base64.b64encode(code).decode():
                return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
        return {"code": 0, "msg": "success", "data": {}}


@contextmanager
def serving() -> Iterator[Robots]:
    """The server, under the names of the services, while the block runs."""
    robots = Robots()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            one = Received(parts.path, query, {name.lower(): value for name, value in self.headers.items()}, body)
            robots.received.append(one)
            if parts.path == "/hangs":
                robots.hangs.wait(30)
                return
            if parts.path == "/drips":
                self.send_response(200)
                self.send_header("Content-Length", "1000000")
                self.end_headers()
                while not robots.hangs.wait(0.05):
                    self.wfile.write(b" ")
                self.close_connection = True
                return
            if parts.path == "/together":
                robots.together.wait(10)
            status, headers, answer = robots.answer(one)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST  # noqa: N815 - where a redirect was followed

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    class Server(ThreadingHTTPServer):
        """With room for the connections of a test that come at a time; the usual 5 let others wait for seconds."""

        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    robots.host = ("127.0.0.1", server.server_port)
    names = (WECOM_HOST, DINGTALK_HOST, *FEISHU_HOSTS.values(), HOOK_HOST)
    LOCAL.update(dict.fromkeys(names, robots.host))
    try:
        yield robots
    finally:
        robots.hangs.set()
        for name in names:
            del LOCAL[name]
        server.shutdown()
        server.server_close()
        thread.join()
