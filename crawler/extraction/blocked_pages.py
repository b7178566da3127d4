"""Detects challenge, consent and login pages, which sites serve in place of an article with any HTTP status."""

from __future__ import annotations

import re

from crawler.extraction.unreadable import Unreadable

_HEAD = 8192  # bytes; enough to recognize every known challenge page
_LONG_HEAD = 65_536  # bytes; some pages have their scripts before their title
# Matched against the page in lower case: with re.IGNORECASE it takes ten times as long, and every page is checked.
_CHALLENGES = (
    (re.compile(rb"<title>\s{0,99}just a moment\.\.\."), "Cloudflare's challenge"),
    (re.compile(rb"_cf_chl_opt"), "Cloudflare's challenge"),
    (re.compile(rb"<title>[^<]{0,300}are you a robot\?"), "a page that asks for a person"),
    (re.compile(rb"<title>\s*access to this page has been denied"), "a captcha"),
    (re.compile(rb"px-captcha"), "a captcha"),
    (
        re.compile(rb"<title[^<>]{0,200}>\s*(before you continue|we value your privacy\s*[<|-])"),
        "a page that asks for consent",
    ),
)
_CHALLENGE_TITLE = re.compile(
    r"pardon our interruption|attention required!?|access denied|robot or human\?|captcha|one moment,? please"
    r"|(?:robot|bot|security|human|browser) (?:check|verification)|checking your browser.{0,40}|ddos[ -]guard"
    r"|(?:please )?(?:verify|verifying|confirm|prove)(?: that)? you(?: are|'re)(?: a)? (?:human|not a robot)"
    r"|(?:请|请先)?(?:进行|完成|输入)?(?:百度)?(?:(?:安全|人机|访问|身份|滑动|滑块)验证|验证码|人机检测|访问受限)(?:页面|中心)?",
    re.IGNORECASE,
)
_MAX_SITE_NAME = 30  # characters of a title in addition to the phrase; with more it is a headline
_TITLE = re.compile(rb"<title[^<>]{0,200}>([^<]{1,300})", re.IGNORECASE)
_PASSWORD = re.compile(rb"<input\b[^<>]{0,2000}\btype\s{0,9}=\s{0,9}[\"']?(?:password|email|tel)\b", re.IGNORECASE)
_TITLE_SEPARATOR = re.compile(r"\s[-–—]\s|(?<=[^\x00-\x7f])-|[|_·:：–—]")
# Must match a whole part of the title: an article may be about how to sign in somewhere.
_LOGIN_TITLE = re.compile(
    r"(?:please )?(?:(?:member|subscriber|user|account|client|customer) )?(?:sign|log)[ -]?(?:in|on)"
    r"(?: (?:required|page|to .{1,40}))?"
    r"|(?:请先?|会员|用户|账号|帐号|账户|统一)?(?:登录|登陆|登入)(?:页面?|中心)?",
    re.IGNORECASE,
)
_LOGIN_HOST = re.compile(r"(log-?in|sign-?in|sso|auth|passport|accounts?|id)\.")
_CONSENT_HOST = re.compile(r"consent\.")


class LoginPage(Unreadable):
    """A login page in place of an article."""


def challenge_of(body: bytes) -> str:
    """The name of the challenge, captcha or consent page that *body* is; "" when it is none."""
    head = body[:_HEAD].lower()
    return next((name for pattern, name in _CHALLENGES if pattern.search(head)), "")


def asks_for_human(body: bytes) -> bool:
    """Is the whole title of *body* a demand to prove that the visitor is human?"""
    parts = _title_parts(body[:_HEAD])
    phrase = next((part for part in parts if _CHALLENGE_TITLE.fullmatch(part.strip(" .…!"))), "")
    return bool(phrase) and sum(map(len, parts)) - len(phrase) <= _MAX_SITE_NAME


def asks_for_login(body: bytes) -> bool:
    """Is *body* a login page, by its title and its form? An article page may have a login form, too."""
    parts = _title_parts(body[:_LONG_HEAD]) or [""]
    return any(_LOGIN_TITLE.fullmatch(part) for part in (parts[0], parts[-1])) and bool(_PASSWORD.search(body))


def _title_parts(head: bytes) -> list[str]:
    """The parts of the title: usually the page and the site."""
    title = _TITLE.search(head)
    if title is None:
        return []
    try:
        text = title[1].decode()
    except UnicodeDecodeError:
        text = title[1].decode("gb18030", "replace")
    return [" ".join(part.split()) for part in _TITLE_SEPARATOR.split(text)]


def is_login_host(host: str) -> bool:
    """Is *host*, by its name, a login server?"""
    return bool(_LOGIN_HOST.match(host))


def is_consent_host(host: str) -> bool:
    """Is *host*, by its name, a server of consent pages only?"""
    return bool(_CONSENT_HOST.match(host))
