"""The web page: ``router`` has its routes, ``templates`` its Jinja2 templates; ``static/`` is served at ``/static``."""

from __future__ import annotations

from fastapi import APIRouter

from service.page import articles, earlier, guide, search, sources, stats, today, trend, watches
from service.page.rendering import page_of_problem

__all__ = ["page_of_problem", "router"]

router = APIRouter()
for module in (today, search, articles, earlier, sources, stats, trend, watches, guide):
    router.include_router(module.router)
