"""Pages that stand in the way of the one that was asked for, whatever their status: told by what they say they are."""

from __future__ import annotations

import re

from crawler.read.unreadable import Unreadable

_HEAD = 8192  # bytes; every known challenge shows itself within
_LONG_HEAD = 65_536  # bytes; some pages have their scripts before their title
# Of pages in lower case: every page is asked, and re takes ten times as long where case does not matter.
_CHALLENGES = (
    (re.compile(rb"<title>\s*just a moment\.\.\."), "Cloudflare's challenge"),
    (re.compile(rb"_cf_chl_opt"), "Cloudflare's challenge"),
    (re.compile(rb"<title>[^<]*are you a robot\?"), "a page that asks for a person"),
    (re.compile(rb"<title>\s*access to this page has been denied"), "a captcha"),
    (re.compile(rb"px-captcha"), "a captcha"),
    (
        re.compile(rb"<title[^>]*>\s*(before you continue|we value your privacy\s*[<|-])"),
        "a page that asks for consent",
    ),
)
_ASKED = re.compile(
    r"pardon our interruption|attention required!?|access denied|robot or human\?|captcha|one moment,? please"
    r"|(?:robot|bot|security|human|browser) (?:check|verification)|checking your browser.{0,40}|ddos[ -]guard"
    r"|(?:please )?(?:verify|verifying|confirm|prove)(?: that)? you(?: are|'re)(?: a)? (?:human|not a robot)"
    r"|(?:请|请先)?(?:进行|完成|输入)?(?:百度)?(?:(?:安全|人机|访问|身份|滑动|滑块)验证|验证码|人机检测|访问受限)(?:页面|中心)?",
    re.IGNORECASE,
)
_SITE = 30  # characters of a title beside what it says; more are a headline that begins so
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,300})", re.IGNORECASE)
_PASSWORD = re.compile(rb"<input\b[^>]*\btype\s*=\s*[\"']?(?:password|email|tel)\b", re.IGNORECASE)
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
    head = body[:_HEAD].lower()
    return next((name for pattern, name in _CHALLENGES if pattern.search(head)), "")


def asks_for_a_person(body: bytes) -> bool:
    """Does *body* say by its whole title that it stands in the way of programs?"""
    parts = _title_parts(body[:_HEAD])
    said = next((part for part in parts if _ASKED.fullmatch(part.strip(" .…!"))), "")
    return bool(said) and sum(map(len, parts)) - len(said) <= _SITE


def asks_for_login(body: bytes) -> bool:
    """Is *body* a page to log in by? Not one that merely has a form for it beside its text."""
    parts = _title_parts(body[:_LONG_HEAD]) or [""]
    return any(_LOGIN.fullmatch(part) for part in (parts[0], parts[-1])) and bool(_PASSWORD.search(body))


def _title_parts(head: bytes) -> list[str]:
    """What the title says, part by part: the page and the site."""
    title = _TITLE.search(head)
    if title is None:
        return []
    try:
        text = title[1].decode()
    except UnicodeDecodeError:
        text = title[1].decode("gb18030", "replace")
    return [" ".join(part.split()) for part in _PARTS.split(text)]


def is_login_host(host: str) -> bool:
    """Is *host* by its name one to log in at?"""
    return bool(_LOGIN_HOST.match(host))


def is_consent_host(host: str) -> bool:
    """Does *host* stand only between a reader and what he asked for?"""
    return bool(_CONSENT_HOST.match(host))
