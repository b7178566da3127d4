"""The console of the commands: what was stored cannot steer the terminal that shows it."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

_STEERING = dict.fromkeys(
    [
        *(code for code in range(0x20) if chr(code) not in "\n\t"),
        *range(0x7F, 0xA0),  # 0x9B alone begins an escape sequence, as 0x1B and "[" do
        0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A),  # turn the direction of the line
    ]
)  # fmt: skip


class Terminal(Console):
    """A rich console with plain numbers and long lines, which leaves out control and direction characters of texts."""

    def __init__(self) -> None:
        super().__init__(highlight=False, soft_wrap=True)

    def render_str(self, text: str, **options: Any) -> Text:
        """*text* with its markup, without the characters that would steer the terminal."""
        return super().render_str(text.translate(_STEERING), **options)
