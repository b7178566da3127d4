"""The engine for people and programs over HTTP: the API under ``/api/v1`` and the web page.

Only calls ``similarity`` and ``store``. ``xinwen serve`` starts it.
"""
