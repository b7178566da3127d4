"""The description of the API is that of the code, and everything that it shows as an example is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.openapi import FILE, as_text

DESCRIPTION = json.loads(FILE.read_text("utf-8"))


def test_the_file_is_what_the_code_says() -> None:
    assert FILE.read_text("utf-8") == as_text(create_app()), "out of date: python -m service.write_openapi writes it"


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DESCRIPTION["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def example_of(parameter: dict[str, Any]) -> Any:
    if "examples" in parameter:
        return next(iter(parameter["examples"].values()))["value"]
    return parameter.get("example")


@pytest.mark.parametrize(("path", "method", "operation"), list(operations()), ids=lambda value: str(value)[:40])
def test_every_example_is_answered(client: TestClient, path: str, method: str, operation: dict[str, Any]) -> None:
    query = {}
    for parameter in operation.get("parameters", ()):
        value = example_of(parameter)
        if parameter["in"] == "path":
            assert value, f"{path}: no example of {parameter['name']}"
            path = path.replace("{" + parameter["name"] + "}", value)
        elif value is not None and parameter["name"] not in ("category", "since"):
            query[parameter["name"]] = value
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    if "/watches/" in path:  # whose example is the one of POST /watches
        example = DESCRIPTION["paths"]["/api/v1/watches"]["post"]["requestBody"]["content"]["application/json"][
            "example"
        ]
        client.post("/api/v1/watches", json=example)
    elif path.endswith("/watches"):
        client.delete("/api/v1/watches/cowos")
    reply = client.request(method, path, params=query, json=body)
    expected = min(int(status) for status in operation["responses"] if status.startswith("2"))
    assert reply.status_code == expected, reply.text
    for parameter in operation.get("parameters", ()):  # each by itself too
        if parameter["in"] == "query" and example_of(parameter) is not None and not parameter["required"]:
            needed = {name: value for name, value in query.items() if name == "q"}
            alone = client.request(method, path, params=needed | {parameter["name"]: example_of(parameter)}, json=body)
            assert alone.status_code == 200, alone.text
