"""Robots of DingTalk groups (钉钉群机器人), signed where the address has a secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs, urlencode, urlsplit

from alerts.messages import Message, markdown
from alerts.network import post
from alerts.senders.answer import SendAnswer, robot_answer
from alerts.targets import DINGTALK_HOST, DINGTALK_PATH, Target

_REASONS = {
    310000: "wrong signature, address or keyword · 签名、IP 或关键词不符",
    300005: "no robot has this token · token 无效",
    400101: "no robot has this token · access_token 无效",
    410100: "too often · 发送过于频繁",
    130101: "too often · 发送过于频繁",
    460101: "too long · 内容过长",
}


def send(message: Message, target: Target) -> SendAnswer:
    """Send *message* as markdown. Raises NotSent."""
    return send_markdown(message.heading, markdown(message), target)


def send_markdown(title: str, text: str, target: Target) -> SendAnswer:
    """Send *text*, which is markdown, with its *title*. Raises NotSent."""
    body = {"msgtype": "markdown", "markdown": {"title": title, "text": text}}
    reply = post(_signed(target.url), json.dumps(body, ensure_ascii=False).encode(), {})
    return robot_answer(reply, _REASONS)


def _signed(url: str) -> str:
    fields = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    secret = fields.pop("secret", "")
    if secret:
        moment = str(round(time.time() * 1000))
        code = hmac.new(secret.encode(), f"{moment}\n{secret}".encode(), hashlib.sha256).digest()
        fields |= {"timestamp": moment, "sign": base64.b64encode(code).decode()}
    return f"https://{DINGTALK_HOST}{DINGTALK_PATH}?{urlencode(fields)}"
