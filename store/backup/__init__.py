"""A whole database as a folder of checksummed files, and back. ``docs/backup.md`` describes the files.

``taking`` reads every collection at one moment where the server can do that, else in an order in which nothing is
missing; ``restoring`` brings the files into an empty database; ``thinning`` removes older backups.
"""
