"""Compiles inner loops with numba: without the interpreter's lock, cached on disk where that is possible.

numba compiles a cached function again when the function's own file has changed, and only then. So a compiled function
may call only compiled functions of its own file: after a change in another file it would still run the old code. The
same holds for constants of other files. Where two files need one function, each has a copy, which says so.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, TypeVar, cast

from numba import config, njit
from numba.np import linalg

from store.places import IS_CHECKOUT
from store.settings import SettingsError, settings

_ensure_blas = linalg.ensure_blas
linalg.ensure_blas = lambda: None
try:
    # Loaded with the first compiled function of a process, it asks for BLAS, and so loads scipy.linalg: 0.2 s.
    # None of ours multiplies matrices; one that does looks for BLAS once more when it is compiled.
    import numba.np.arraymath  # noqa: F401  # for what it does while it is loaded
finally:
    linalg.ensure_blas = _ensure_blas

if not IS_CHECKOUT:
    with suppress(SettingsError):  # the command itself says what is wrong with them
        config.CACHE_DIR = str(settings().data / "cache" / "numba")  # type: ignore[attr-defined]  # made at run time

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """*function* compiled; the code is kept in ``__pycache__`` next to the module, or in the folder for data."""
    return _compiled(function, "python")


def compiled_no_zero_division(function: Function) -> Function:
    """As ``compiled``, where no divisor is 0: testing each would keep LLVM from dividing several at once."""
    return _compiled(function, "numpy")


def _compiled(function: Function, error_model: Literal["python", "numpy"]) -> Function:
    try:
        return cast(Function, njit(nogil=True, cache=True, error_model=error_model)(function))
    except RuntimeError:  # neither folder is writable: every process compiles for itself
        return cast(Function, njit(nogil=True, error_model=error_model)(function))
