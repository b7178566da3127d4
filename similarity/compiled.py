"""Machine code for inner loops: numba without the interpreter's lock, kept between processes where that is possible.

What is kept is made anew when the file of the function has changed, and only then. So a compiled function calls
compiled functions of its own file alone: it would go on with the old code of another file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """*function* as machine code, which is kept beside the module like ``.pyc`` files, else in the user's cache."""
    return _made(function, "python")


def dividing(function: Function) -> Function:
    """As ``compiled``, where no divisor is 0: a look at each would keep the processor from dividing several at once."""
    return _made(function, "numpy")


def _made(function: Function, divisions: Literal["python", "numpy"]) -> Function:
    try:
        return cast(Function, njit(nogil=True, cache=True, error_model=divisions)(function))
    except RuntimeError:  # neither folder can be written: every process compiles for itself
        return cast(Function, njit(nogil=True, error_model=divisions)(function))
