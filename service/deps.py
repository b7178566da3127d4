"""What routes get of the application: the open index, and a way to call it in the search threads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Concatenate, ParamSpec, TypeVar, cast

from fastapi import Depends, Request

from service.capacity import SearchThreads
from similarity.index import SimilarityIndex
from store.failover import repeat_reading

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
        """``function(index, …)``, which only reads, in a search thread. Raises Unavailable, and what it raises.

        What a change of primary interrupts is read again, within the time of the request.
        """

        def read() -> _R:
            return function(self.index, *args, **kwargs)

        return self.threads.run(repeat_reading, read, self.threads.seconds)

    def call_once(
        self, function: Callable[Concatenate[SimilarityIndex, _P], _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> Awaitable[_R]:
        """As ``call``, for what writes, or goes on where it was: it must not begin again."""
        return self.threads.run(function, self.index, *args, **kwargs)


def engine_of(request: Request) -> Engine:
    """The engine of the application that *request* came to."""
    return cast(Engine, request.app.state.engine)


EngineDep = Annotated[Engine, Depends(engine_of)]
