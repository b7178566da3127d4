"""Messages of the Model Context Protocol (modelcontextprotocol.io): JSON-RPC 2.0, also as server-sent events."""

from __future__ import annotations

import json
from typing import Any

import jmespath

from crawler.discovery.entry_page import EmptyReply, EntryPageError

VERSION = "2025-06-18"
"""The protocol version we request; the server may answer with an older one."""

_SHOWN = 80  # characters of a reply that an error message quotes


def call(name: str, arguments: dict[str, Any]) -> str:
    """The body of the request that calls the tool *name*."""
    return message("tools/call", {"name": name, "arguments": arguments}, number=2)


def message(method: str, parameters: dict[str, Any] | None = None, number: int | None = None) -> str:
    """A JSON-RPC request; without *number* a notification, which gets no reply."""
    request: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if number is not None:
        request["id"] = number
    if parameters is not None:
        request["params"] = parameters
    return json.dumps(request, ensure_ascii=False)


def reply_result(data: bytes) -> dict[str, Any]:
    """The JSON-RPC result in *data*, which is JSON or a stream of events. Raises EntryPageError."""
    if not data.strip():
        raise EmptyReply("an empty reply")
    for text in _texts(data.decode("utf-8", "replace")):
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(message, dict) and isinstance(message.get("error"), dict):
            error = message["error"]
            raise EntryPageError(f"the MCP server refuses: {error.get('code')} {error.get('message')}"[:_SHOWN])
        if isinstance(message, dict) and isinstance(message.get("result"), dict):
            result: dict[str, Any] = message["result"]
            return result
    raise EntryPageError("no answer of an MCP server")


def tool_output(data: bytes) -> Any:
    """The output of a tool call: its structured content, or the JSON in its texts. Raises EntryPageError."""
    reply = reply_result(data)
    parts = [part for part in reply.get("content") or () if isinstance(part, dict)]
    texts = [part["text"] for part in parts if isinstance(part.get("text"), str)]
    if reply.get("isError"):
        raise EntryPageError(f"the tool fails: {' '.join(texts)[:_SHOWN]}")
    if reply.get("structuredContent") is not None:
        return reply["structuredContent"]
    values = []
    for text in texts:
        try:
            values.append(json.loads(text))
        except (ValueError, RecursionError):
            raise EntryPageError(f"the tool answers in words: {text[:_SHOWN]}") from None
    return values[0] if len(values) == 1 else values


def records(value: Any, fields: dict[str, str]) -> list[Any]:
    """Every object in *value*, at any depth, in which the paths ``title`` and ``url`` of *fields* find something.

    An object that contains several such objects is their list, not an article.
    """
    if isinstance(value, list):
        return [record for item in value for record in records(item, fields)]
    if not isinstance(value, dict):
        return []
    inside = [record for item in value.values() for record in records(item, fields)]
    if len(inside) > 1 or not all(jmespath.search(fields[name], value) for name in ("title", "url")):
        return inside
    return [value]


def _texts(reply: str) -> list[str]:
    """The data of each server-sent event in *reply*, or the whole of it where it is JSON."""
    if reply.lstrip().startswith("{"):
        return [reply]
    events = reply.replace("\r\n", "\n").split("\n\n")
    return ["\n".join(line[5:].strip() for line in event.split("\n") if line.startswith("data:")) for event in events]
