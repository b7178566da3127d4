"""Runs ``python -m similarity digest``."""

from alerts.digest.cli import main

if __name__ == "__main__":
    main()
