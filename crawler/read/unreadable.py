"""The one error of reading: what was given is no document, or none that can be read."""


class Unreadable(ValueError):
    """The message is the reason, for people."""
