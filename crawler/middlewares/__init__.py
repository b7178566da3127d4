"""Downloader middlewares: allowed hosts, robots.txt, Retry-After, blocked pages and broken redirects."""
