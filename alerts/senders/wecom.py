"""Robots of WeCom groups (企业微信群机器人)."""

from __future__ import annotations

import json

from alerts.messages import Message, markdown
from alerts.network import post
from alerts.senders.answer import SendAnswer, robot_answer
from alerts.targets import Target

_REASONS = {
    40058: "too long or malformed · 过长或格式有误",
    45002: "too long · 内容过长",
    45009: "too often · 发送过于频繁",
    93000: "no robot has this key · key 无效",
    93008: "the robot is not in a group · 机器人不在群中",
}


def send(message: Message, target: Target) -> SendAnswer:
    """Send *message* as markdown. Raises NotSent."""
    return send_markdown(markdown(message), target)


def send_markdown(text: str, target: Target) -> SendAnswer:
    """Send *text*, which is markdown. Raises NotSent."""
    body = {"msgtype": "markdown", "markdown": {"content": text}}
    reply = post(target.url, json.dumps(body, ensure_ascii=False).encode(), {})
    return robot_answer(reply, _REASONS)
