"""Writes the description of the API to ``docs/openapi.json``: ``python -m service.write_openapi``."""

from __future__ import annotations

from service.app import create_app
from service.openapi import FILE, as_text

if __name__ == "__main__":
    FILE.write_text(as_text(create_app()), "utf-8")
