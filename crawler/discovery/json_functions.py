"""JMESPath with a few functions more, for the ``fields`` and ``items`` of a ``JsonApi``.

``rows(object)``: an object of equally long lists as a list of objects, as EDGAR writes tables. ``roc_month(text)`` and
``roc_day(text)``: months and days of the calendar of Taiwan (``11510``, ``1151117``) as ``2026-10`` and ``2026-11-17``.
``next_month(month)``: ``2026-11`` after ``2026-10``. ``thousands(number)``: ``367,473,114``. ``signed(number)``:
``+16.9``. Each gives null for what it cannot read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jmespath
from jmespath import functions

_ROC = 1911
"""The year of the calendar of Taiwan that would be 0; 2026 is its 115th."""


class _Functions(functions.Functions):
    @functions.signature({"types": ["object", "null"]})
    def _func_rows(self, table: dict[str, Any] | None) -> list[dict[str, Any]] | None:
        columns = {name: values for name, values in (table or {}).items() if isinstance(values, list)}
        if not columns:
            return None
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=False)]

    @functions.signature({"types": ["string", "number", "null"]})
    def _func_roc_month(self, given: Any) -> str | None:
        found = re.fullmatch(r"(\d{2,3})[/-]?(0[1-9]|1[0-2])", str(given).strip())
        return f"{int(found[1]) + _ROC}-{found[2]}" if found else None

    @functions.signature({"types": ["string", "number", "null"]})
    def _func_roc_day(self, given: Any) -> str | None:
        found = re.fullmatch(r"(\d{2,3})([/-]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])", str(given).strip())
        return f"{int(found[1]) + _ROC}-{found[3]}-{found[4]}" if found else None

    @functions.signature({"types": ["string", "null"]})
    def _func_next_month(self, month: str | None) -> str | None:
        found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", month or "")
        return f"{int(found[1]) + int(found[2]) // 12:04d}-{int(found[2]) % 12 + 1:02d}" if found else None

    @functions.signature({"types": ["string", "number", "null"]})
    def _func_thousands(self, given: Any) -> str | None:
        value = _number(given)
        return None if value is None else f"{value:,.0f}"

    @functions.signature({"types": ["string", "number", "null"]})
    def _func_signed(self, given: Any) -> str | None:
        value = _number(given)
        return None if value is None else f"{value:+.1f}"


def _number(given: Any) -> float | None:
    text = str(given).strip().replace(",", "")
    return float(text) if re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,18})?", text) else None


_OPTIONS = jmespath.Options(custom_functions=_Functions())


def search(path: str, value: Any) -> Any:
    """What *path* selects in *value*. Raises JMESPathError."""
    return jmespath.search(path, value, _OPTIONS)


@lru_cache(maxsize=1024)
def mistake_in(path: str) -> str:
    """What is wrong with the JMESPath expression *path*, in one line; "" for nothing."""
    try:
        parsed = jmespath.compile(path).parsed
    except jmespath.exceptions.JMESPathError as error:
        return str(error).splitlines()[0]
    except RecursionError:
        return "is nested too deeply"
    unknown = [name for name in _functions_of(parsed) if name not in _OPTIONS.custom_functions.FUNCTION_TABLE]
    return f"there is no function {unknown[0]}" if unknown else ""


def _functions_of(node: dict[str, Any]) -> Iterator[str]:
    if node["type"] == "function_expression":
        yield node["value"]
    for child in node["children"]:
        yield from _functions_of(child) if isinstance(child, dict) else ()
