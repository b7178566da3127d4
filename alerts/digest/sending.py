"""Sends a digest to groups, mailboxes and programs, in the form that each takes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit
from uuid import uuid4

from pymongo.database import Database

from alerts.digest.contents import Digest
from alerts.digest.texts import FORMATS, html, plain_text, robot_markdown, short, title_of
from alerts.packages import needs_package
from alerts.senders import dingtalk, feishu, webhook, wecom
from alerts.senders.answer import SendAnswer, answer_of
from alerts.targets import DINGTALK, FEISHU, WEBHOOK, WECOM, Target
from store.connection import Document
from store.documents import stories

_MAIL = ("mailto", "mailtos")


def send(found: Digest, language: str, target: Target) -> SendAnswer:
    """Send *found* to *target* once, and what the service said; whatever a sender raises is its answer."""
    return answer_of(lambda: _sent(found, language, target), target)


def _sent(found: Digest, language: str, target: Target) -> SendAnswer:
    title, most = title_of(found, language), target.limits.text
    if target.kind == WECOM:
        return wecom.send_markdown(short(found, language, most, robot_markdown), target)
    if target.kind == DINGTALK:
        return dingtalk.send_markdown(title, short(found, language, most, robot_markdown), target)
    if target.kind == FEISHU:
        return feishu.send_text(short(found, language, most, plain_text), target)
    if target.kind == WEBHOOK:
        return webhook.send_body(f"msg_{uuid4().hex}", _body(found, language, most), target)
    with needs_package():
        from alerts.senders import by_apprise  # loads apprise, which takes a third of a second

    if urlsplit(target.url).scheme in _MAIL:
        return by_apprise.send_text(title, html(found, language), target, is_html=True)
    return by_apprise.send_text(title, short(found, language, most, plain_text), target)


def with_known_secret(database: Database[Document], target: Target) -> Target:
    """*target* with the secret that it has in a watch: its program checks signatures with that."""
    row = database.watches.find_one({"targets.key": target.key}, {"targets": 1}, sort=[("name", 1)]) or {}
    secrets = [one["secret"] for one in row.get("targets", ()) if one["key"] == target.key]
    return replace(target, secret=secrets[0]) if secrets else target


def stories_sent(database: Database[Document], target: Target) -> frozenset[str]:
    """The stories of the last digest that was sent to *target*, under their ids of then and of now.

    A story has the smallest id of its articles, so one that has grown since may have another.
    """
    sent = frozenset((database.digests.find_one({"_id": target.key}) or {}).get("stories", ()))
    return sent.union(stories.story_ids(database, sent).values())


def note_sent(database: Database[Document], target: Target, found: Digest, moment: datetime) -> None:
    """Remember that *found* was sent to *target*."""
    fields = {"stories": list(found.story_ids), "sent": moment}
    database.digests.replace_one({"_id": target.key}, fields, upsert=True)


def _body(found: Digest, language: str, most: int) -> str:
    """A JSON object of at most *most* bytes: the longest lists are shortened where it would be longer."""
    while True:
        data = json.loads(FORMATS["json"](found, language))
        body = json.dumps({"type": "digest.made", "timestamp": data["until"], "data": data}, ensure_ascii=False)
        if len(body.encode()) <= most or not found.categories:
            return body
        found = replace(found, categories={name: news[:-1] for name, news in found.categories.items() if news[:-1]})
