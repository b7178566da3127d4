"""Wraps each call of an open index: refuses a closed one, connects again after a fork, and converts driver errors."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from pymongo.errors import InvalidOperation, PyMongoError

from similarity.errors import IndexClosed
from store.connection import store_error

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
    """*method* of an open index. Raises IndexClosed, and StoreError where the database fails."""

    @wraps(method)
    def call(index: Index, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        index.ensure_usable()
        try:
            return method(index, *args, **kwargs)
        except InvalidOperation as error:  # another thread has closed the index meanwhile
            raise IndexClosed(CLOSED) from error
        except PyMongoError as error:
            raise store_error(error, index.address) from error

    return call
