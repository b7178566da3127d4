"""A snapshot of the index in memory: segments, statistics, and what keeps them up to date."""
