"""``/prompt``: answers for ``python -m similarity`` on the same machine, see ``similarity.cli.local_service``."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from service.deps import EngineDep
from similarity.answers.question import Question, read
from similarity.cli.local_service import NONCE, PATH, PROOF, proof
from similarity.cli.rendering import printed_answer
from similarity.errors import QueryError
from similarity.index import SimilarityIndex


def router(secret: str) -> APIRouter:
    """The route, for clients that know *secret*; to others there is no such page."""
    found = APIRouter(include_in_schema=False)

    @found.post(PATH)
    async def prompt(request: Request, engine: EngineDep) -> Response:
        body, nonce = await request.body(), request.headers.get(NONCE, "")
        if not hmac.compare_digest(request.headers.get(PROOF, "").encode(), proof(secret, nonce, body).encode()):
            raise HTTPException(404)
        fields = json.loads(body)
        try:
            answer: Mapping[str, Any] = {
                "lines": await engine.call(_printed, read(fields["options"]), as_json=bool(fields["json"]))
            }
        except QueryError as error:
            answer = {"error": str(error), "option": error.option}
        content = json.dumps(answer).encode()
        headers = {PROOF: proof(secret, nonce, content, is_answer=True)}
        return Response(content, media_type="application/json", headers=headers)

    return found


def _printed(index: SimilarityIndex, question: Question, as_json: bool) -> list[str]:
    index.refresh()  # a command opens the index as it is now
    return printed_answer(index, question, as_json)
