"""Wraps each call of an open index: it connects again after a fork, repeats what is interrupted, converts errors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from pymongo.errors import InvalidOperation, PyMongoError

from similarity.errors import IndexClosed
from store.connection import store_error
from store.failover import repeat_reading
from store.settings import settings

CLOSED = "the index is closed; SimilarityIndex.open() opens it again"

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Opened(Protocol):
    """What ``guarded`` needs of an index."""

    @property
    def address(self) -> str:
        """The address of its database."""

    def ensure_usable(self) -> None:
        """Connect again if this process was forked since. Raises IndexClosed."""


Index = TypeVar("Index", bound=Opened)


def guarded(
    method: Callable[Concatenate[Index, Arguments], Result],
) -> Callable[Concatenate[Index, Arguments], Result]:
    """*method* of an open index, which only reads: again, where a change of primary interrupts it.

    Raises IndexClosed, and StoreError where the database fails.
    """

    @wraps(method)
    def call(index: Index, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        index.ensure_usable()
        try:
            return repeat_reading(partial(method, index, *args, **kwargs), settings().timeout)
        except InvalidOperation as error:  # another thread has closed the index meanwhile
            raise IndexClosed(CLOSED) from error
        except PyMongoError as error:
            raise store_error(error, index.address) from error

    return call
