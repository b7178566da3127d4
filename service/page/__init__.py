"""The web page: ``router`` has its routes, ``templates`` its Jinja2 templates; ``static/`` is served at ``/static``."""

from __future__ import annotations

from fastapi import APIRouter

from service.page import articles, earlier, guide, search, sources, today, trend
from service.page.rendering import templates

__all__ = ["router", "templates"]

router = APIRouter()
for module in (today, search, articles, earlier, sources, trend, guide):
    router.include_router(module.router)
