"""The commands of ``python -m similarity``: options in, lines or JSON out."""
