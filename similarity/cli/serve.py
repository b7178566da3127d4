"""``serve`` and ``mcp``: page, HTTP API and assistant tools, which are a package of their own that calls this one."""

from __future__ import annotations

from typing import Annotated

import typer

from store import command_line


def serve(
    host: Annotated[str | None, typer.Option(help="监听的地址 · address to listen on; 127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="端口 · port; 8000")] = None,
    uds: Annotated[str | None, typer.Option(help="改用 Unix 套接字 · a Unix socket in place of host and port")] = None,
    fd: Annotated[
        int | None, typer.Option(help="已打开的套接字的描述符 · descriptor of a socket that listens already")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="进程数 · processes; 1")] = None,
    ssl_certfile: Annotated[str | None, typer.Option(help="HTTPS 证书 · certificate for HTTPS, PEM")] = None,
    ssl_keyfile: Annotated[str | None, typer.Option(help="证书的私钥 · its private key, PEM")] = None,
    name: Annotated[
        list[str] | None, typer.Option(help="服务器的域名，可多次 · a name of this server, such as news.example.org")
    ] = None,
    needs_token: Annotated[
        bool,
        typer.Option("--needs-token", help="本机请求也须令牌 · ask for a token on this machine too, as for a proxy"),
    ] = False,
    rate: Annotated[
        int | None,
        typer.Option(help="每个地址或令牌每秒的请求数，0 为不限 · requests a second of a client, 0 for any; 10"),
    ] = None,
) -> None:
    """网页与 HTTP 接口 · The web page and the HTTP API, on this machine; other addresses need a token."""
    given = {"host": host, "port": port, "uds": uds, "fd": fd, "workers": workers, "rate": rate}
    given |= {"ssl-certfile": ssl_certfile, "ssl-keyfile": ssl_keyfile}
    arguments = [f"--{option}={value}" for option, value in given.items() if value is not None]
    arguments += ["--needs-token"] * needs_token
    arguments += [f"--name={one}" for one in name or ()]
    command_line.replace_by("service", *arguments)


def mcp() -> None:
    """AI 助手的工具，经标准输入输出 · Tools for an AI assistant, over standard input and output (MCP)."""
    command_line.replace_by("service.assistant")
