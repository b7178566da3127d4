"""Runs: the record and verdict of each crawl, and the visits that tell the next crawl which pages to fetch."""
