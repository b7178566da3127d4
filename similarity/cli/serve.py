"""``serve`` and ``mcp``: page, HTTP API and assistant tools, which are a package of their own that calls this one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from store import command_line

Host = Annotated[str | None, typer.Option(help="监听的地址 · address to listen on; 127.0.0.1")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="端口 · port; 8000")]
Uds = Annotated[str | None, typer.Option(help="改用 Unix 套接字 · a Unix socket in place of host and port")]
Fd = Annotated[
    int | None, typer.Option(min=0, help="已打开的套接字的描述符 · descriptor of a socket that listens already")
]
Workers = Annotated[int, typer.Option(min=1, max=64, help="进程数 · processes")]
Certificate = Annotated[Path | None, typer.Option(help="HTTPS 证书 · certificate for HTTPS, PEM")]
PrivateKey = Annotated[Path | None, typer.Option(help="证书的私钥 · its private key, PEM")]
Names = Annotated[
    list[str] | None, typer.Option(help="服务器的域名，可多次 · a name of this server, such as news.example.org")
]
NeedsToken = Annotated[
    bool, typer.Option("--needs-token", help="本机请求也须令牌 · ask for a token on this machine too, as for a proxy")
]
Rate = Annotated[
    int, typer.Option(min=0, help="每个地址或令牌每秒的请求数，0 为不限 · requests a second of a client, 0 for any")
]


def serve(
    host: Host = None,
    port: Port = None,
    uds: Uds = None,
    fd: Fd = None,
    workers: Workers = 1,
    ssl_certfile: Certificate = None,
    ssl_keyfile: PrivateKey = None,
    name: Names = None,
    needs_token: NeedsToken = False,
    rate: Rate = 10,
) -> None:
    """网页与 HTTP 接口 · The web page and the HTTP API, on this machine; other addresses need a token."""
    given: dict[str, object] = {"host": host, "port": port, "uds": uds, "fd": fd, "workers": workers, "rate": rate}
    given |= {"ssl-certfile": ssl_certfile, "ssl-keyfile": ssl_keyfile}
    arguments = [f"--{option}={value}" for option, value in given.items() if value is not None]
    arguments += ["--needs-token"] * needs_token
    arguments += [f"--name={one}" for one in name or ()]
    command_line.replace_by("service", *arguments)


def mcp() -> None:
    """AI 助手的工具，经标准输入输出 · Tools for an AI assistant, over standard input and output (MCP)."""
    command_line.replace_by("service.assistant")
