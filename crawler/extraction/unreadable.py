"""The error of extraction."""


class Unreadable(ValueError):
    """The bytes are no document, or one that cannot be read; the message says why, for users."""
