"""Switches the storing of articles on: every pipeline and extension, in one place and in order."""

from __future__ import annotations

from scrapy.settings import BaseSettings

PIPELINES = {
    "pipelines.validate.Validate": 100,
    "pipelines.clean.Clean": 200,
    "pipelines.coverage.Measure": 250,
    "pipelines.language.Language": 300,
    "pipelines.tokenize.Tokenize": 400,
    "pipelines.deduplicate.Deduplicate": 500,
    "pipelines.encode.Encode": 550,
    "pipelines.withhold.Withhold": 600,
    "pipelines.store.Store": 700,
}


class StoringAddon:
    """Named in the ``ADDONS`` setting of the crawler, which itself knows nothing of MongoDB."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Add pipelines, memory and recorder of runs, leaving what the command line set alone."""
        for path, priority in PIPELINES.items():
            settings["ITEM_PIPELINES"].set(path, priority, "addon")
        settings["SPIDER_MIDDLEWARES"].set("pipelines.archive.Archive", 900, "addon")
        settings["DOWNLOADER_MIDDLEWARES"].set("pipelines.known.KnownMiddleware", 70, "addon")
        settings["EXTENSIONS"].set("pipelines.record_run.RecordRun", 500, "addon")
