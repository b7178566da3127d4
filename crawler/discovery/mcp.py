"""What a server of tools (Model Context Protocol) is told and answers: JSON-RPC, plain or in a stream of events."""

from __future__ import annotations

import json
from typing import Any

import jmespath

from crawler.ways.entry import EmptyReply, EntryError

VERSION = "2025-06-18"
"""The version of the protocol that we speak; the server may answer with an older one."""

_SHOWN = 80  # characters of an answer that are told


def call(name: str, arguments: dict[str, Any]) -> str:
    """The body of the request that calls the tool *name*."""
    return message("tools/call", {"name": name, "arguments": arguments}, number=2)


def message(method: str, parameters: dict[str, Any] | None = None, number: int | None = None) -> str:
    """A request; a notice that wants no answer when it has no *number*."""
    said: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if number is not None:
        said["id"] = number
    if parameters is not None:
        said["params"] = parameters
    return json.dumps(said, ensure_ascii=False)


def answer(data: bytes) -> dict[str, Any]:
    """The result that *data* holds, as JSON or as the data of an event. Raises EntryError."""
    if not data.strip():
        raise EmptyReply("an empty reply")
    for text in _texts(data.decode("utf-8", "replace")):
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(said, dict) and isinstance(said.get("error"), dict):
            error = said["error"]
            raise EntryError(f"the server of tools refuses: {error.get('code')} {error.get('message')}"[:_SHOWN])
        if isinstance(said, dict) and isinstance(said.get("result"), dict):
            result: dict[str, Any] = said["result"]
            return result
    raise EntryError("no answer of a server of tools")


def result(data: bytes) -> Any:
    """What the tool gives: its structure, or the JSON in its texts. Raises EntryError."""
    found = answer(data)
    parts = [part for part in found.get("content") or () if isinstance(part, dict)]
    texts = [part["text"] for part in parts if isinstance(part.get("text"), str)]
    if found.get("isError"):
        raise EntryError(f"the tool fails: {' '.join(texts)[:_SHOWN]}")
    if found.get("structuredContent") is not None:
        return found["structuredContent"]
    read = []
    for text in texts:
        try:
            read.append(json.loads(text))
        except (ValueError, RecursionError):
            raise EntryError(f"the tool answers in words: {text[:_SHOWN]}") from None
    return read[0] if len(read) == 1 else read


def records(value: Any, fields: dict[str, str]) -> list[Any]:
    """Every object in *value*, however deep, that has the title and the address of *fields*.

    An object that holds several of them is the list, not an article of its own.
    """
    if isinstance(value, list):
        return [record for one in value for record in records(one, fields)]
    if not isinstance(value, dict):
        return []
    inside = [record for one in value.values() for record in records(one, fields)]
    if len(inside) > 1 or not all(jmespath.search(fields[name], value) for name in ("title", "url")):
        return inside
    return [value]


def _texts(reply: str) -> list[str]:
    """The data of each event, or the whole *reply*."""
    if reply.lstrip().startswith("{"):
        return [reply]
    events = reply.replace("\r\n", "\n").split("\n\n")
    return ["\n".join(line[5:].strip() for line in event.split("\n") if line.startswith("data:")) for event in events]
