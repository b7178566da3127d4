"""What a query may be refused with."""


class QueryError(ValueError):
    """A query cannot be answered as it was put; the message is one line."""


class TooFewArticles(QueryError):
    """There is too little to learn from; the message says how much there is, and how much it takes."""
