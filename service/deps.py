"""What routes get of the application: the open index, and a way to call it in the search threads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Concatenate, ParamSpec, TypeVar, cast

from fastapi import Depends, Request

from service.capacity import SearchThreads
from similarity.index import SimilarityIndex

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True)
class Engine:
    """The open index of this process and the threads that may use it."""

    index: SimilarityIndex
    threads: SearchThreads

    def call(
        self, function: Callable[Concatenate[SimilarityIndex, _P], _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> Awaitable[_R]:
        """``function(index, …)`` in a search thread. Raises Unavailable, and what the function raises."""
        return self.threads.run(function, self.index, *args, **kwargs)


def engine_of(request: Request) -> Engine:
    """The engine of the application that *request* came to."""
    return cast(Engine, request.app.state.engine)


EngineDep = Annotated[Engine, Depends(engine_of)]
