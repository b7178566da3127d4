"""Runs ``xinwen watch``."""

from alerts.cli import main
from store import logs

if __name__ == "__main__":
    logs.set_up()
    main()
