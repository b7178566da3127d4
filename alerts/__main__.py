"""Runs ``python -m similarity watch``."""

from alerts.cli import main

if __name__ == "__main__":
    main()
