"""Whom a watch notifies: the address of a target, what service it is, and the limits of that service."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from alerts.errors import WatchError
from alerts.network import LOCAL, NotPublic, check_host
from alerts.packages import needs_package
from alerts.schedule import Rhythm, rhythm_of
from similarity.errors import NotInstalled
from store.connection import Document

WECOM, DINGTALK, FEISHU, WEBHOOK, APPRISE, CALLBACK = "wecom", "dingtalk", "feishu", "webhook", "apprise", "callback"

WECOM_HOST, DINGTALK_HOST = "qyapi.weixin.qq.com", "oapi.dingtalk.com"
WECOM_PATH, DINGTALK_PATH = "/cgi-bin/webhook/send", "/robot/send"
FEISHU_HOSTS = {"feishu": "open.feishu.cn", "lark": "open.larksuite.com"}
FEISHU_PATH = "/open-apis/bot/v2/hook/"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.I)
_HOST, _NAME = re.compile(r"([\w. -]*|\[[\da-f:.]+\])(:\d+)?", re.I), re.compile(r"^[\w.+-]{0,12}")
_ON_THIS_MACHINE = frozenset(
    ("dbus", "glib", "gnome", "growl", "kde", "macosx", "qt", "syslog", "windows")
)  # of apprise: they show something on the screen of the server

_FILES = frozenset(("keyfile", "subfile", "pgppub", "pgpprv", "template"))
"""Parameters of apprise's addresses that name a file of the server, which not everybody who makes a watch may read."""

MOST_TARGETS = 20
"""Targets of one watch."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service takes: bytes (UTF-8) of one text, messages ``a_minute`` and ``a_second`` (0 for any number)."""

    text: int
    a_minute: int = 0
    a_second: int = 0


LIMITS = {
    WECOM: Limits(4_096, 20),
    DINGTALK: Limits(18_000, 20),
    FEISHU: Limits(18_000, 100, 5),  # of 20 KB, in which the JSON around the text counts too
    WEBHOOK: Limits(200_000),
    CALLBACK: Limits(1_000_000),
}
_UNKNOWN = Limits(4_000)


@dataclass(frozen=True, slots=True)
class Target:
    """Whom and when a watch notifies. ``key`` names the address in the database, where it is shared by watches.

    ``secret`` signs what a plain webhook gets (Standard Webhooks); "" for other kinds.
    """

    kind: str
    url: str
    rhythm: Rhythm = field(default_factory=Rhythm)
    secret: str = field(default="", repr=False)

    @property
    def key(self) -> str:
        """A digest of the address."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:16]

    @property
    def shown(self) -> str:
        """The address without its keys and passwords, for lists and messages."""
        parts = urlsplit(self.url)
        if self.kind == CALLBACK:
            return "callback"
        host = parts.hostname or ""
        mark = self.key[:4]
        if self.kind == FEISHU:
            return f"https://{FEISHU_HOSTS[parts.scheme]}/…{mark}"
        if self.kind == APPRISE and parts.scheme not in ("mailto", "mailtos"):
            return f"{parts.scheme}://…{mark}"
        return f"{parts.scheme}://{host}/…{mark}"

    @property
    def limits(self) -> Limits:
        """The limits of its service."""
        if self.kind != APPRISE:
            return LIMITS[self.kind]
        try:
            with needs_package():
                from apprise import Apprise
        except NotInstalled:  # which the sender answers with, so that the message is kept and it is seen
            return _UNKNOWN
        service = Apprise.instantiate(self.url)
        # The limit of apprise is in characters, of which each has at least a byte.
        return Limits(max(min(service.body_maxlen, 200_000) - 300, 400)) if service else _UNKNOWN

    def document(self) -> Document:
        """As it is stored."""
        every, quiet = str(self.rhythm), self.rhythm.quiet_text
        return {
            "key": self.key,
            "kind": self.kind,
            "url": self.url,
            "every": every,
            "quiet": quiet,
            "secret": self.secret,
        }


def stored_target(row: Document) -> Target:
    """The target that *row* is."""
    kind = FEISHU if urlsplit(row["url"]).scheme in FEISHU_HOSTS else row["kind"]  # once they went by apprise
    return Target(kind, row["url"], rhythm_of(row["every"], row["quiet"]), row["secret"])


def target_of(url: str, every: str = "at-once", quiet: str = "") -> Target:
    """The target at the address *url*, as a user gives it. Raises WatchError and NotInstalled."""
    rhythm, url = rhythm_of(every, quiet), url.strip()
    scheme, separator, _ = url.partition("://")
    if not separator or not _SCHEME.fullmatch(scheme) or not url.isprintable() or " " in url:
        robot = f"https://{WECOM_HOST}/…"
        why = f"an address such as {robot}, https://… or mailto://… is"
        raise _wrong(url, why, f"应如 {robot}、https://… 或 mailto://…")
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        _ = parts.port if scheme.lower() in ("http", "https") else 0  # raises ValueError; elsewhere it may be a key
    except ValueError:
        raise _wrong(url, "its host or port is malformed", "主机或端口有误") from None
    scheme = scheme.lower()
    if scheme == "wecombot" or host == WECOM_HOST:
        return Target(WECOM, _wecom(url, scheme, host), rhythm)
    if scheme == "dingtalk" or host == DINGTALK_HOST:
        return Target(DINGTALK, _dingtalk(url, scheme), rhythm)
    if scheme in FEISHU_HOSTS or host in FEISHU_HOSTS.values():
        return Target(FEISHU, _feishu(url, scheme, host), rhythm)
    if scheme in ("http", "https"):
        return Target(WEBHOOK, _webhook(url, scheme, host), rhythm, _new_secret())
    return Target(APPRISE, _checked_apprise(url, url), rhythm)


def _wecom(url: str, scheme: str, host: str) -> str:
    parts = urlsplit(url)
    key = (parts.netloc or parts.path.strip("/")) if scheme == "wecombot" else _parameter(url, "key")
    if not re.fullmatch(r"[\w-]{8,80}", key) or (host == WECOM_HOST and parts.path != WECOM_PATH):
        raise _wrong(url, f"a robot of WeCom has https://{WECOM_HOST}{WECOM_PATH}?key=…", "企业微信机器人的地址有误")
    return f"https://{WECOM_HOST}{WECOM_PATH}?{urlencode({'key': key})}"


def _dingtalk(url: str, scheme: str) -> str:
    parts = urlsplit(url)
    if scheme == "dingtalk":
        secret, _, token = parts.netloc.rpartition("@")
    else:
        token, secret = _parameter(url, "access_token"), _parameter(url, "secret")
    is_path = scheme == "dingtalk" or parts.path == DINGTALK_PATH
    if not is_path or not re.fullmatch(r"[\w-]{8,128}", token) or not re.fullmatch(r"[\w-]{0,128}", secret):
        form = f"https://{DINGTALK_HOST}{DINGTALK_PATH}?access_token=…&secret=SEC…"
        raise _wrong(url, f"a robot of DingTalk has {form}", "钉钉机器人的地址有误")
    fields = {"access_token": token} | ({"secret": secret} if secret else {})
    return f"https://{DINGTALK_HOST}{DINGTALK_PATH}?{urlencode(fields)}"


def _feishu(url: str, scheme: str, host: str) -> str:
    """``feishu://TOKEN/`` or ``lark://TOKEN/``, with the secret of the signature as its only parameter."""
    parts = urlsplit(url)
    product = scheme if scheme in FEISHU_HOSTS else next(name for name, one in FEISHU_HOSTS.items() if one == host)
    token = parts.netloc if scheme in FEISHU_HOSTS else parts.path.removeprefix(FEISHU_PATH).rstrip("/")
    secret = _parameter(url, "secret")
    if not re.fullmatch(r"[A-Za-z0-9_-]{8,128}", token) or not re.fullmatch(r"[\w-]{0,128}", secret):
        form = f"https://{FEISHU_HOSTS[product]}{FEISHU_PATH}…, with ?secret=… where it signs"
        raise _wrong(url, f"a robot of Feishu has {form}", "飞书机器人的地址有误")
    return f"{product}://{token}/" + (f"?{urlencode({'secret': secret})}" if secret else "")


def feishu_address(target: Target) -> tuple[str, str]:
    """Where *target*, a robot of Feishu or Lark, takes messages, and the secret of its signature ("" for none)."""
    parts = urlsplit(target.url)
    return f"https://{FEISHU_HOSTS[parts.scheme]}{FEISHU_PATH}{parts.netloc}", _parameter(target.url, "secret")


def _webhook(url: str, scheme: str, host: str) -> str:
    parts = urlsplit(url)
    if scheme != "https" and host not in LOCAL:
        raise _wrong(url, "what it gets would not be encrypted; use https", "未加密，请用 https")
    if not host or parts.username or parts.fragment:
        raise _wrong(url, "a host is needed, and no user name or fragment", "须有主机名，且不含用户名与 #")
    if not (parts.path + parts.query).isascii():
        raise _wrong(url, "what is not ASCII in its path must be percent-encoded", "路径中的非 ASCII 字符须用 % 编码")
    _check(url, host)
    with needs_package():
        import standardwebhooks  # noqa: F401  # what will sign: refused now, not at the first message
    return url


def _checked_apprise(url: str, given: str) -> str:
    with needs_package():
        from apprise import Apprise  # takes a third of a second to load

    for name, value in parse_qsl(urlsplit(url).query):
        # The template of some services is a name of theirs: html.
        if name.strip().lower() in _FILES and not (name == "template" and value.isalnum()):
            raise _wrong(given, f"{name} names a file of this machine", f"{name} 指向本机的文件")
    scheme = url.partition("://")[0].lower()
    service = None if scheme in _ON_THIS_MACHINE else Apprise.instantiate(url)
    if service is None:
        raise _wrong(
            given,
            "no service has such an address: see https://github.com/caronc/apprise/wiki, or use https://…",
            "没有服务用这样的地址，见 https://github.com/caronc/apprise/wiki，或用 https://…",
        )
    for host in hosts_of(service):
        _check(given, host)
    return url


def hosts_of(service: Any) -> list[str]:
    """The hosts that *service*, one of apprise, has from its address and connects to."""
    names = [name for name in ("host", "endpoint") if name in service.template_tokens]  # else a key stands in its place
    return [host for name in (*names, "smtp_host") if (host := getattr(service, name, None))]


def address(target: Target) -> tuple[str, int] | None:
    """Host and port that a message to *target* is sent to; None where its service has none that its address names.

    Raises NotInstalled.
    """
    parts = urlsplit(target.url)
    if target.kind == CALLBACK:
        return None
    if target.kind == FEISHU:
        return FEISHU_HOSTS[parts.scheme], 443
    if target.kind != APPRISE:
        return parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
    with needs_package():
        from apprise import Apprise
    service: Any = Apprise.instantiate(target.url)
    if service is None or not (hosts := hosts_of(service)):
        return None
    return hosts[-1], service.port or (443 if service.secure else 80)


def _check(url: str, host: str) -> None:
    try:
        check_host(host)
    except NotPublic:
        raise _wrong(url, f"{host} is this machine or a private network", f"{host} 是本机或内网地址") from None


def _parameter(url: str, name: str) -> str:
    return parse_qs(urlsplit(url).query).get(name, [""])[0]


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"


def _wrong(url: str, why: str, chinese: str) -> WatchError:
    # Without the keys, also of one that is not written as an address: mailto:user:password@example.org.
    scheme, separator, rest = url.partition("://")
    if separator and _SCHEME.fullmatch(scheme):
        host = re.split(r"[/?#\\]", rest)[0].rpartition("@")[2]
        is_shown = scheme.lower() in ("http", "https") and _HOST.fullmatch(host)
        text = f"{scheme}://{host if is_shown else '…'}"[:60]
    else:
        text = f"{_NAME.findall(url)[0]}…"
    shown = repr(text)
    return WatchError(f"--to {shown} is no target: {why}", f"--to {shown} 不是可用的地址：{chinese}", "to")
