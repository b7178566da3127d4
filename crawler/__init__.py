"""Source table, ways in, spider and reading: from a site's address to an ``Article``. Knows nothing of MongoDB."""
