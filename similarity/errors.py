"""What a question may be refused with."""


class QueryError(ValueError):
    """A query cannot be answered as it was put; the message is one line."""
