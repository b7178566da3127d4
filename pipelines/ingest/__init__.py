"""Articles from other places than a live site: files, the raw archive, and the bundled sample web."""
