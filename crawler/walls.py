"""Pages that stand in the way of the one that was asked for, whatever their status: told by what they say they are."""

from __future__ import annotations

import re

from crawler.read.unreadable import Unreadable

_HEAD = 8192  # bytes; every known challenge shows itself within
_LONG_HEAD = 65_536  # bytes; some pages have their scripts before their title
_CHALLENGES = (
    (re.compile(rb"<title>\s*Just a moment\.\.\.|_cf_chl_opt", re.IGNORECASE), "Cloudflare's challenge"),
    (re.compile(rb"<title>[^<]*Are you a robot\?", re.IGNORECASE), "a page that asks for a person"),
    (re.compile(rb"<title>\s*Access to this page has been denied|px-captcha", re.IGNORECASE), "a captcha"),
    (
        re.compile(rb"<title[^>]*>\s*(Before you continue|We value your privacy\s*[<|-])", re.IGNORECASE),
        "a page that asks for consent",
    ),
)
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,300})", re.IGNORECASE)
_PASSWORD = re.compile(rb"<input\b[^>]*\btype\s*=\s*[\"']?password\b", re.IGNORECASE)
_PARTS = re.compile(r"\s+[-–—]\s+|(?<=[^\x00-\x7f])-|[|_·:：–—]")
# The whole of what the page or the site calls itself: an article may well tell how to sign in somewhere.
_LOGIN = re.compile(
    r"(?:please )?(?:(?:member|subscriber|user|account|client|customer) )?(?:sign|log)[ -]?(?:in|on)"
    r"(?: (?:required|page|to .{1,40}))?"
    r"|(?:请先?|会员|用户|账号|帐号|账户|统一)?(?:登录|登陆|登入)(?:页面?|中心)?",
    re.IGNORECASE,
)
_LOGIN_HOST = re.compile(r"(log-?in|sign-?in|sso|auth|passport|accounts?|id)\.")
_CONSENT_HOST = re.compile(r"consent\.")


class LoginWall(Unreadable):
    """A page asks for a login in place of what it should show."""


def challenge_of(body: bytes) -> str:
    """How the page *body* refuses a program or a stranger; "" when it does not."""
    return next((name for pattern, name in _CHALLENGES if pattern.search(body[:_HEAD])), "")


def asks_for_login(body: bytes) -> bool:
    """Is *body* a page to log in by? Not one that merely has a form for it beside its text."""
    title = _TITLE.search(body[:_LONG_HEAD])
    if title is None:
        return False
    try:
        text = title[1].decode()
    except UnicodeDecodeError:
        text = title[1].decode("gb18030", "replace")
    parts = [" ".join(part.split()) for part in _PARTS.split(text)]
    return any(_LOGIN.fullmatch(part) for part in (parts[0], parts[-1])) and bool(_PASSWORD.search(body))


def is_login_host(host: str) -> bool:
    """Is *host* by its name one to log in at?"""
    return bool(_LOGIN_HOST.match(host))


def is_consent_host(host: str) -> bool:
    """Does *host* stand only between a reader and what he asked for?"""
    return bool(_CONSENT_HOST.match(host))
