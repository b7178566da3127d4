"""What a message says: entries and how they are written for each kind of service, within its limit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from alerts.targets import APPRISE, DINGTALK, FEISHU, WEBHOOK, WECOM
from similarity.option_values import TIME_ZONE
from store.connection import Document
from store.settings import settings

_MOST_TITLE, _MOST_URL = 200, 1_500  # characters, bytes
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_SHOWN_OF_MANY, _BYTES_OF_MANY = 3, 2_200
"""Of a message with a link in place of its entries: how many are shown, and bytes of their titles and addresses."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One story of a message; of a notice (``kind`` "notice") only the title."""

    id: str
    kind: str
    title: str
    url: str = ""
    article: str = ""
    story: str = ""
    source: str = ""
    language: str = ""
    published: datetime | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to one target, under one ``id`` at every attempt. ``is_summary``: so many that a link must do."""

    id: str
    watch: str
    entries: tuple[Entry, ...]
    made: datetime
    is_summary: bool = False

    @property
    def heading(self) -> str:
        """The first line, or the subject of a mail."""
        number = len(self.entries)
        if all(entry.kind == "notice" for entry in self.entries):
            return f"芯闻 Xinwen · {self.watch}"
        return f"芯闻 Xinwen · {self.watch}：{number} 条新消息 · {number} new"


def entry_of(row: Document) -> Entry:
    """The entry that *row* of the outbox is."""
    return Entry(row["_id"], row["kind"], story=row.get("story", ""), article=row["article"], **row["entry"])


def watch_link(name: str) -> str:
    """The address of the page of the watch *name*; "" where the server's address is not set."""
    address = settings().address
    return f"{address.rstrip('/')}/watches/{quote(name)}" if address else ""


def markdown(message: Message) -> str:
    """For robots of WeCom and DingTalk."""
    lines = [f"**{without_markup(message.heading)}**"]
    for entry in _shown(message):
        title = without_markup(entry.title)
        lines.append(f"- [{title}]({link_of(entry.url)})" if link_of(entry.url) else f"- {title}")
        if meta := _meta(entry):
            lines.append(f"  {without_markup(meta)}")
    return "\n".join([*lines, *_rest(message, lambda link: f"[{link}]({link})")])


def plain_text(message: Message) -> str:
    """For services that show text as it is, without the heading."""
    lines = []
    for entry in _shown(message):
        lines += [_one_line(entry.title), *filter(None, [_meta(entry), link_of(entry.url)]), ""]
    return "\n".join([*lines, *_rest(message, str)]).strip()


def plain_text_with_heading(message: Message) -> str:
    """For robots of Feishu and Lark, whose texts have no title of their own."""
    return f"{message.heading}\n{plain_text(message)}".strip()


def webhook_body(message: Message) -> str:
    """For a plain webhook: a JSON object, the same text at every attempt."""
    matches = [asdict(entry) | {"published": _iso(entry.published)} for entry in message.entries]
    data = {"watch": message.watch, "number": len(message.entries), "link": watch_link(message.watch) or None}
    body = {"type": "watch.matched", "timestamp": _iso(message.made), "data": data | {"matches": matches}}
    return json.dumps(body, ensure_ascii=False)


TEXTS: dict[str, Callable[[Message], str]] = {
    WECOM: markdown,
    DINGTALK: markdown,
    FEISHU: plain_text_with_heading,
    APPRISE: plain_text,
    WEBHOOK: webhook_body,
}
"""By kind of target, how a message is written for it."""


def fitting(message: Message, kind: str, most: int) -> int:
    """How many of the first entries of *message* fit into *most* bytes; at least one."""
    if message.is_summary and kind != WEBHOOK:
        return len(message.entries)
    few, many = 1, len(message.entries)
    while few < many:  # the text grows with each entry
        middle = (few + many + 1) // 2
        part = Message(message.id, message.watch, message.entries[:middle], message.made)
        if len(TEXTS[kind](part).encode()) <= most:
            few = middle
        else:
            many = middle - 1
    return few


def _shown(message: Message) -> Sequence[Entry]:
    if not message.is_summary:
        return message.entries
    # Notices first: the page that the link leads to is one of stories.
    best = sorted(message.entries, key=lambda entry: (entry.kind != "notice", -entry.score))[:_SHOWN_OF_MANY]
    while len(best) > 1 and sum(map(_size, best)) > _BYTES_OF_MANY:  # with the heading and the link within any limit
        best.pop()
    return best


def _size(entry: Entry) -> int:
    return len(_one_line(entry.title).encode()) + len(link_of(entry.url))


def _rest(message: Message, linked: Callable[[str], str]) -> list[str]:
    if not message.is_summary:
        return []
    link = watch_link(message.watch)
    return ["全部见 · all of them:", linked(link) if link else f"xinwen watch log {message.watch}"]


def _meta(entry: Entry) -> str:
    if entry.kind == "notice":
        return ""
    day = f"{entry.published.astimezone(TIME_ZONE):%Y-%m-%d}" if entry.published else ""
    return " · ".join(filter(None, [entry.source, day, f"{entry.score:.2f}"]))


def _one_line(text: str) -> str:
    text = " ".join(_CONTROL.sub(" ", text).split())
    return text if len(text) <= _MOST_TITLE else text[: _MOST_TITLE - 1] + "…"


def without_markup(text: str) -> str:
    """*text* without what is markup: WeCom and DingTalk know no escapes, so signs of full width take their place."""
    return _one_line(text).translate(str.maketrans("[]<>*`", "［］＜＞＊｀"))


def link_of(url: str) -> str:
    """*url* as it may stand between brackets; "" where it is too long for a message."""
    safe = quote(url, safe=":/?#[]@!$&'*+,;=%~")
    return safe if len(safe) <= _MOST_URL else ""


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
