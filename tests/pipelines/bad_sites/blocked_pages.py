"""Sites that reply with a challenge, login or consent page in place of the article, with status 200."""

from __future__ import annotations

from tests.pipelines.bad_sites.case import CHALLENGE, FEED, GOOD, LIST, Case, article, html, moved, three

LOGIN = """<html><head><title>Sign in | Chips Daily</title></head><body><h1>Sign in</h1><form action=/login method=post>
    <input name=user><input type="password" name=secret><p>Members of Chips Daily read everything. Sign in with your
    account, or make one: it is free of charge and takes a minute of your time, no more.</p></form></body></html>"""


LOGIN_ZH = """<html><head><title>用户登录-芯片日报</title></head><body><form><input type='password' name=a>
    <p>登录后可以阅读全部文章，没有账号的用户请先注册，注册免费，只需要一分钟的时间。</p></form></body></html>"""


CONSENT = """<html><head><title>We value your privacy - Chips Daily</title></head><body><h1>We value your privacy</h1>
    <p>Chips Daily and its 1200 partners store cookies on your device. Accept all, or set your preferences, to go on
    to the page that you have asked for. You can change your mind at any time.</p><button>Accept</button></body></html>"""


CAPTCHA = """<html><head><title>Pardon Our Interruption</title></head><body><h1>Pardon Our Interruption</h1><p>Something
    about your browser made us think that you were a bot. Complete the captcha below to go on to the page that you have
    asked for. This takes a moment and is needed once a day.</p><div class="g-recaptcha"></div></body></html>"""


CAPTCHA_ZH = """<html><head><meta charset="gb2312"><title>安全验证_芯片日报</title></head><body><p>为了保护您的账号安全，
    请拖动滑块完成验证，完成后将自动返回您访问的页面，感谢您的配合与理解。</p></body></html>"""


def refused_everywhere(reason: str) -> dict[str, str]:
    return {"/a/": reason, "/b/": "not asked", "/c/": "not asked"}


THREE_LOGINS = {f"/{slug}/": "a page that asks for a login" for slug in "abc"}

CASES: dict[str, Case] = {
    "challenge_list": Case(
        {"/": html(CHALLENGE)},
        "blocked",
        why="every discovery method is refused",
        reasons={"/": "Cloudflare's challenge"},
    ),
    "challenge_page": Case(
        three(CHALLENGE),
        "blocked",
        {"blocked": 3},
        "3 pages refused",
        reasons=refused_everywhere("Cloudflare's challenge"),
        requests={"/": 1, "/a/": 1},
    ),
    "captcha_page": Case(
        three(CAPTCHA), "blocked", {"blocked": 3}, "3 pages refused", reasons=refused_everywhere("asks for a person")
    ),
    "captcha_chinese": Case(
        three(html(CAPTCHA_ZH, "gb18030", "gb2312")),
        "blocked",
        {"blocked": 3},
        "3 pages refused",
        reasons=refused_everywhere("asks for a person"),
    ),
    "captcha_list": Case(
        {"/": html(CAPTCHA.replace("Pardon Our Interruption", "Attention Required! | Cloudflare"))},
        "blocked",
        why="every discovery method is refused",
        reasons={"/": "asks for a person"},
    ),
    "captcha_in_the_news": Case(
        three(
            article("a", title="Access denied: what the export rules mean for makers of chips"),
            b=article("b", title="Robot check - how machines test wafers for faults"),
            c=article("c", title="芯片安全验证"),
        ),
        "ok",
        {"new": 3},
    ),
    "challenge_feed": Case(
        {"/feed/": html(CHALLENGE), **three()},
        "ok",
        {"new": 3},
        discovery=(FEED, LIST),
        reasons={"/feed/": "challenge"},
    ),
    "login_list": Case({"/": html(LOGIN)}, "login_needed", why="the site wants an account"),
    "login_feed": Case({"/feed/": html(LOGIN_ZH)}, "login_needed", why="the site wants an account", discovery=(FEED,)),
    "login_page": Case(
        three(LOGIN, b=LOGIN_ZH),
        "login_needed",
        {"quarantined": 3},
        "the site wants an account",
        reasons=THREE_LOGINS,
        refused=THREE_LOGINS,
        requests={"/": 1, "/a/": 1, "/b/": 1, "/c/": 1},
    ),
    "login_moved": Case(
        {**three(moved("/login?next=/a/")), "/login*": html(LOGIN)},
        "login_needed",
        {"quarantined": 3},
        "the site wants an account",
    ),
    "login_host": Case(
        {"/": moved("http://login.chips-daily.example/?next=/")},
        "login_needed",
        why="the site wants an account",
    ),
    "login_host_of_pages": Case(
        three(moved("http://login.chips-daily.example/")),
        "login_needed",
        {"ignored": 3},
        "the site wants an account",
        reasons={f"/{slug}/": "leads to login.chips-daily.example" for slug in "abc"},
    ),
    "login_some": Case(
        three(b=LOGIN),
        "ok",
        {"new": 2, "quarantined": 1},
        refused={"/b/": "asks for a login"},
        titles=frozenset({"Title of a", "Title of c"}),
    ),
    "login_by_mail": Case(
        three(LOGIN.replace('type="password" name=secret', "type=email name=mail")),
        "login_needed",
        {"quarantined": 3},
        "the site wants an account",
        refused=THREE_LOGINS,
    ),
    "login_form_on_page": Case(
        three(a=article("a") + '<form><input type="password"></form>'),
        "ok",
        {"new": 3},
        titles=GOOD,
    ),
    "consent_list": Case(
        {"/": html(CONSENT)}, "blocked", why="every discovery method is refused", reasons={"/": "asks for consent"}
    ),
    "consent_page": Case(
        three(CONSENT), "blocked", {"blocked": 3}, "3 pages refused", reasons=refused_everywhere("asks for consent")
    ),
    "consent_moved": Case(
        {"/": moved("http://consent.chips-daily.example/")},
        "blocked",
        why="every discovery method is refused",
        others={},
        reasons={"/": "asks for consent"},
    ),
}
