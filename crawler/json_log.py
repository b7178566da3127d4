"""Scrapy add-on for ``XINWEN_LOG=json``: Scrapy's own options decide level and file of the JSON lines too."""

from __future__ import annotations

import logging

from scrapy.settings import BaseSettings

from store import logs


class JsonLogAddon:
    """Takes the place of Scrapy's log handler, whose lines have no form but a pattern."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Write to ``LOG_FILE`` what is of ``LOG_LEVEL`` or above, and nothing without ``LOG_ENABLED``."""
        level = settings["LOG_LEVEL"] if settings.getbool("LOG_ENABLED") else logging.CRITICAL + 1
        logs.set_up(level, settings["LOG_FILE"])
