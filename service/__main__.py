"""``python -m service``, which ``xinwen serve`` calls: see ``service.command``."""

from __future__ import annotations

import gc

if __name__ == "__main__":
    # A sixth of a start went into looking for garbage among what stays. The application turns it on again.
    gc.disable()
    from service.command import main

    main()
