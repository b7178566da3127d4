"""Services that the library apprise knows: e-mail, Telegram, ntfy and a hundred others.

The robots of WeCom, DingTalk and Feishu have senders of our own: of a refusal with status 200 apprise makes success.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from apprise import Apprise, AppriseAsset, NotifyFormat

from alerts.messages import Message, plain_text
from alerts.network import SECONDS, NotSent, public_address
from alerts.senders.answer import SendAnswer, one_line
from alerts.targets import Target, hosts_of

_SERIOUS = ("WARNING", "ERROR", "CRITICAL")


def send(message: Message, target: Target) -> SendAnswer:
    """Send *message* as plain text with its heading as the title. Raises NotSent."""
    return send_text(message.heading, plain_text(message) or message.heading, target)


def send_text(title: str, text: str, target: Target, is_html: bool = False) -> SendAnswer:
    """Send *text* with its *title*; HTML as a mail of two parts, HTML and plain. Raises NotSent."""
    asset = AppriseAsset(app_id="Xinwen", app_desc="芯闻 Xinwen", http_redirects=False)
    service: Any = Apprise.instantiate(target.url, asset=asset)
    if service is None:
        raise NotSent("the library apprise no longer knows such an address")
    service.redirects = False  # an address may say otherwise
    service.discovery = False  # of Matrix: a server may name any other address
    for host in hosts_of(service):
        public_address(host)
    apprise = Apprise(asset=asset)
    apprise.add(service)
    result = apprise.notify(
        body=text,
        title=title,
        body_format=NotifyFormat.HTML if is_html else NotifyFormat.TEXT,
        timeout=SECONDS,
        log_level=logging.INFO,
    )
    said = "; ".join(one_line(str(entry.message)) for entry in result.logs() if entry.level in _SERIOUS)
    scheme = urlsplit(target.url).scheme
    if result:
        return SendAnswer(True, f"{scheme} took it")
    return SendAnswer(False, said or f"{scheme} did not take it, without a reason")
