"""Where the program's own files lie: in a checkout, or in an installation, into which nothing is ever written."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parents[1]
"""The folder in which the packages lie: a checkout, or ``site-packages``."""

_SHIPPED = PROJECT / "xinwen" / "shipped"  # made by the wheel: what a checkout has beside the packages

IS_CHECKOUT = not _SHIPPED.is_dir()
"""Whether this is a checkout, whose files may be changed."""

REQUIREMENTS = {
    "semantic": "requirements-accelerators.txt",
    "parquet": "requirements-parquet.txt",
    "mcp": "requirements-mcp.txt",
    "alerts": "requirements-alerts.txt",
    "dask": "requirements-dask.txt",
    "browser": "requirements-browser.txt",
}
"""By the name of each extra the file of its packages."""


def shipped(name: str) -> Path:
    """The folder *name* that comes with the program but is no package: ``samples``, ``deploy``."""
    return (PROJECT if IS_CHECKOUT else _SHIPPED) / name


def install(extra: str) -> str:
    """The command that installs the packages of *extra*, which may lack."""
    return f"pip install -r {REQUIREMENTS[extra]}" if IS_CHECKOUT else f"pip install 'xinwen[{extra}]'"


def only_in_a_checkout(command: str) -> str:
    """Why *command*, which reads or writes files of the project, can do nothing here; "" in a checkout."""
    if IS_CHECKOUT:
        return ""
    return f"{command} needs a checkout of the project; this is the installation in {PROJECT}"
