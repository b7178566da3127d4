"""Services that the library apprise knows: e-mail, Telegram, ntfy and a hundred others.

The robots of WeCom, DingTalk and Feishu have senders of our own: of a refusal with status 200 apprise makes success.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlsplit

from apprise import Apprise, AppriseAsset, NotifyFormat

from alerts.messages import Message, plain_text
from alerts.network import SECONDS, NotSent, public_address
from alerts.senders.answer import SendAnswer, one_line
from alerts.targets import Target, hosts_of

_SERIOUS = ("WARNING", "ERROR", "CRITICAL")

_lock = Lock()
_calls: dict[str, Thread] = {}  # by the key of the target


def send(message: Message, target: Target) -> SendAnswer:
    """Send *message* as plain text with its heading as the title. Raises NotSent."""
    return send_text(message.heading, plain_text(message) or message.heading, target)


def send_text(title: str, text: str, target: Target, is_html: bool = False) -> SendAnswer:
    """Send *text* with its *title*; HTML as a mail of two parts, HTML and plain. Raises NotSent."""
    asset = AppriseAsset(app_id="Xinwen", app_desc="芯闻 Xinwen", http_redirects=False, service_timeout=0)
    service: Any = Apprise.instantiate(target.url, asset=asset)
    if service is None:
        raise NotSent("the library apprise no longer knows such an address")
    service.redirects = False  # an address may say otherwise
    service.discovery = False  # of Matrix: a server may name any other address
    for host in hosts_of(service):
        public_address(host)
    apprise = Apprise(asset=asset)
    apprise.add(service)
    scheme = urlsplit(target.url).scheme
    body_format = NotifyFormat.HTML if is_html else NotifyFormat.TEXT

    def notify() -> Any:
        return apprise.notify(body=text, title=title, body_format=body_format, log_level=logging.INFO)

    result = _in_time(notify, target.key, scheme)
    said = "; ".join(one_line(str(entry.message)) for entry in result.logs() if entry.level in _SERIOUS)
    if result:
        return SendAnswer(True, f"{scheme} took it")
    return SendAnswer(False, said or f"{scheme} did not take it, without a reason")


def _in_time(call: Callable[[], Any], key: str, name: str) -> Any:
    """What *call* returns, in a thread that holds up neither other targets nor the end of the process.

    A service that sends a byte now and then never lets a read time out, and apprise's own threads, few and shared by
    all targets, wait for it for ever. Raises NotSent where *call* takes longer than ``SECONDS``, and what it raises.
    """
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(call())
        except Exception as error:
            outcome.append(error)  # raised below, by whoever waits

    thread = Thread(target=run, name="xinwen-apprise", daemon=True)
    with _lock:
        if key in _calls and _calls[key].is_alive():
            raise NotSent(f"{name} has not ended its answer to the message before")
        _calls[key] = thread
        thread.start()
    thread.join(SECONDS)
    if not outcome:
        raise NotSent(f"{name} did not answer in {SECONDS:.0f} s")
    with _lock:
        if _calls.get(key) is thread:
            del _calls[key]
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]
