"""Errors that tell a user why a call has no answer; the message is one line."""


class QueryError(ValueError):
    """A query, or one of its options, is invalid. ``option``: the name of that option; "" where it is no single one."""

    def __init__(self, message: str, option: str = "") -> None:
        super().__init__(message)
        self.option = option


class TooFewArticles(QueryError):
    """There are too few articles to learn from; the message says how many there are and how many it takes."""


class IndexClosed(RuntimeError):
    """The index was closed before the call or during it."""


def shortened(value: object, most: int = 40) -> str:
    """``repr`` of *value* in at most *most* characters, for a message."""
    text = repr(value)
    return text if len(text) <= most else text[: most - 1] + "…"
