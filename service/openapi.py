"""The description of the API: ``python -m service.write_openapi`` writes it to ``docs/openapi.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.schemas import Problem

FILE = Path(__file__).parents[1] / "docs" / "openapi.json"

_REF = "#/components/schemas/{model}"


def describe(app: FastAPI) -> None:
    """Let *app* describe itself, with problems as ``application/problem+json`` and the bearer token."""

    def description() -> dict[str, Any]:
        if not app.openapi_schema:
            app.openapi_schema = _description(app)
        return app.openapi_schema

    app.openapi = description  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _description(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = schema.setdefault("components", {})
    problem = Problem.model_json_schema(ref_template=_REF)
    components["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    bearer = {"type": "http", "scheme": "bearer", "description": "xinwen token add NAME"}
    components["securitySchemes"] = {"bearer": bearer}
    schema["security"] = [{}, {"bearer": []}]  # on loopback none is needed
    return schema


def as_text(app: FastAPI) -> str:
    """The description of *app* as the file holds it."""
    return json.dumps(app.openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
