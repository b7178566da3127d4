"""``xinwen``: one command for everything. It loads nothing but what the command needs."""

import sys

# Before any other module is read, of which an older Python understands not every line.
if sys.version_info < (3, 11):  # noqa: UP036  # an older one gets as far as this
    sys.exit(
        f"error: Xinwen needs Python 3.11 to 3.13, and {sys.executable} is {sys.version.split()[0]}:"
        " make an environment with a newer one (docs/installing.md)"
    )
