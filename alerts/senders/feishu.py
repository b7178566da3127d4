"""Robots of groups of Feishu and Lark (飞书群机器人), signed where the address has a secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from alerts.messages import Message, plain_text_with_heading
from alerts.network import post
from alerts.senders.answer import SendAnswer, robot_answer
from alerts.targets import Target, feishu_address

_NO_TAGS = str.maketrans("<>", "＜＞")

_REASONS = {
    11232: "too often · 发送过于频繁",
    19001: "no robot has this token · token 无效",
    19021: "wrong signature · 签名不符",
    19022: "address not allowed · IP 不在白名单",
    19024: "keyword missing · 缺少关键词",
}


def send(message: Message, target: Target) -> SendAnswer:
    """Send *message* as plain text. Raises NotSent."""
    return send_text(plain_text_with_heading(message), target)


def send_text(text: str, target: Target) -> SendAnswer:
    """Send *text*. Raises NotSent."""
    url, secret = feishu_address(target)
    # Feishu reads tags in a text: a title with <at user_id="all"> would call the whole group.
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": text.translate(_NO_TAGS)}}
    if secret:
        moment = str(int(time.time()))
        code = hmac.new(f"{moment}\n{secret}".encode(), digestmod=hashlib.sha256).digest()
        body = {"timestamp": moment, "sign": base64.b64encode(code).decode()} | body
    reply = post(url, json.dumps(body, ensure_ascii=False).encode(), {})
    return robot_answer(reply, _REASONS, "code", "msg")
