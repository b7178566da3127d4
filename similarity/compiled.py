"""Machine code for inner loops: numba without the interpreter's lock, kept between processes where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """*function* as machine code. Compiled code lies beside the module like ``.pyc`` files, else in the user's cache."""
    try:
        return cast(Function, njit(nogil=True, cache=True)(function))
    except RuntimeError:  # neither folder can be written: every process compiles for itself
        return cast(Function, njit(nogil=True)(function))
