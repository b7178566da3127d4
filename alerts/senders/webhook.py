"""Plain webhooks, signed in the way of Standard Webhooks (https://www.standardwebhooks.com)."""

from __future__ import annotations

from datetime import UTC, datetime

from alerts.messages import Message, webhook_body
from alerts.network import post
from alerts.packages import needs_package
from alerts.senders.answer import SendAnswer, one_line
from alerts.targets import Target


def send(message: Message, target: Target) -> SendAnswer:
    """POST *message* as JSON; any status of 200 to 299 is delivered. Raises NotSent."""
    return send_body(message.id, webhook_body(message), target)


def send_body(message_id: str, body: str, target: Target) -> SendAnswer:
    """POST *body*, a JSON object, under *message_id*. Raises NotSent and NotInstalled."""
    with needs_package():
        from standardwebhooks import Webhook
    now = datetime.now(UTC)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(target.secret).sign(message_id, now, body),
    }
    reply = post(target.url, body.encode(), headers)
    if 300 <= reply.status < 400:
        return SendAnswer(False, f"HTTP {reply.status}: a redirect is not followed; give the address that it leads to")
    said = one_line(reply.text)
    return SendAnswer(200 <= reply.status < 300, f"HTTP {reply.status}{f': {said}' if said else ''}")
