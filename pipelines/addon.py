"""Scrapy add-on that turns on storage: every pipeline, middleware and extension of this package, with its order."""

from __future__ import annotations

from scrapy.settings import BaseSettings

PIPELINES = {
    "pipelines.validate.Validate": 100,
    "pipelines.clean.Clean": 200,
    "pipelines.runs.coverage.MeasureCoverage": 250,
    "pipelines.language.Language": 300,
    "pipelines.tokenize.Tokenize": 400,
    "pipelines.deduplicate.Deduplicate": 500,
    "pipelines.encode.Encode": 550,
    "pipelines.withhold.Withhold": 600,
    "pipelines.store.Store": 700,
}


class StoringAddon:
    """Listed in the crawler's setting ``ADDONS``; the crawler itself does not use MongoDB."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Add the components at add-on priority, so that settings of the command line take precedence."""
        for path, priority in PIPELINES.items():
            settings["ITEM_PIPELINES"].set(path, priority, "addon")
        settings["SPIDER_MIDDLEWARES"].set("pipelines.raw_middleware.RawMiddleware", 900, "addon")
        settings["DOWNLOADER_MIDDLEWARES"].set("pipelines.runs.known.KnownMiddleware", 70, "addon")
        settings["DOWNLOADER_MIDDLEWARES"].set("pipelines.runs.budget.BudgetMiddleware", 75, "addon")
        settings["EXTENSIONS"].set("pipelines.runs.record_run.RecordRun", 500, "addon")
