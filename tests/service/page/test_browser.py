"""The web page in a real Chromium: keys, forms, widths, accessibility; with scripts on and off."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn

from alerts import outbox, watches
from alerts.targets import target_of
from alerts.watches import Watch
from similarity.answers.question import Question
from store.connection import connect
from store.leases import server_time
from tests.alerts.robots import WECOM_URL
from tests.service.conftest import TEXTS, application

CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("not run: the page in a browser, as there is no chromium here", allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api", reason="not run: the page in a browser, without playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="not run: the page in a browser, without axe")

pytestmark = pytest.mark.slow

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ADDRESSES = ["/", "/search?q=HBM4+供应", "/search?q=nothing+xyzzy&source=intel", "/trend?q=HBM4&q=CoWoS", "/sources",
             "/sources/sia", "/stats", "/help", "/sign-in", "/search?k=0", "/watches", "/watches/HBM4 supply",
             "/new-watch?q=HBM4+供应&language=zh"]  # fmt: skip
TIMEOUT = 60_000  # ms


@pytest.fixture(scope="module")
def site(news_uri: str) -> Iterator[str]:
    """The address of a server of the application, on a port of its own; its store has a watch."""
    database = connect(news_uri)
    watch = watches.add(database, Watch("HBM4 supply", Question(q="HBM4"), targets=(target_of(WECOM_URL),)))
    entry = {"title": TEXTS[0][0], "url": "https://a.example/1", "source": "reuters", "score": 0.7}
    outbox.insert(database, [outbox.row(watch, "article", "0" * 24, True, server_time(database), entry=entry)])
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(
            uvicorn.Config(application(news_uri), log_level="warning", access_log=False, lifespan="on")
        )
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(60)
    watches.remove(database, watch.name)
    database.client.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"], timeout=TIMEOUT
        )
        yield opened
        opened.close()


@pytest.fixture
def opened(browser: Any, site: str) -> Iterator[Callable[..., Any]]:
    """Opens an address in a new context; afterwards nothing was said on the console, and no other host was asked."""
    contexts, said, asked = [], [], []

    def open_page(address: str, expected: int = 200, width: int = 1280, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=site, **options)
        context.set_default_timeout(TIMEOUT)
        contexts.append(context)
        page = context.new_page()
        # What a browser says of a status that is meant is no fault of the page.
        page.on("console", lambda message: said.append(message.text) if "status of 4" not in message.text else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        assert page.goto(address).status == expected
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(site).netloc}


def is_wider_than_the_window(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.mark.parametrize(
    ("width", "scheme", "lang"), [(1280, "light", "zh"), (390, "dark", "en"), (390, "light", "zh")]
)
def test_every_page_fits_and_is_accessible(opened: Callable[..., Any], width: int, scheme: str, lang: str) -> None:
    page = opened("/help", width=width, color_scheme=scheme)
    key = page.request.get("/api/v1/search?q=HBM4").json()["hits"][0]["article"]["id"]
    for address in [*ADDRESSES, f"/a/{key}", f"/s/{key}"]:
        page.goto(f"{address}{'&' if '?' in address else '?'}lang={lang}")
        assert not is_wider_than_the_window(page), address
        found = axe.Axe().run(page, options={"runOnly": {"type": "tag", "values": STANDARDS}}).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], address


@pytest.mark.parametrize("width", [1280, 390])
def test_text_of_twice_the_size_fits(opened: Callable[..., Any], width: int) -> None:
    page = opened("/search?q=HBM4", width=width)
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => document.documentElement.style.fontSize = '200%')"
    )
    for address in ADDRESSES:
        page.goto(address)
        assert not is_wider_than_the_window(page), address


def test_a_selected_passage_is_searched_for(opened: Callable[..., Any]) -> None:
    page = opened("/search?q=CoWoS+packaging")
    page.locator(".hit h2 a").first.click()
    button = page.locator("#more-like button")
    assert not button.is_visible()
    text = page.locator(".body p").first.inner_text()
    page.locator(".body p").first.click(click_count=3)
    button.click()
    page.wait_for_url("**/search?passage=*")
    assert text[:40] in page.inner_text(".liked")


def test_keys(opened: Callable[..., Any]) -> None:
    page = opened("/search?q=HBM4+供应")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "box"
    page.keyboard.type("jke?")  # a field has the focus: these are text
    assert page.input_value("#box") == "jke?"
    assert not page.locator("#key-list").is_visible()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.locator(".hit").nth(0).evaluate("hit => hit === document.activeElement")
    page.keyboard.press("e")
    assert page.locator(".hit").nth(0).locator("details.why[open]").is_visible()
    page.keyboard.press("?")
    assert page.locator("#key-list").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.wait_for_url("**/search?like=*")


def test_an_input_method_keeps_its_keys(opened: Callable[..., Any]) -> None:
    page = opened("/search?q=HBM4")
    page.focus("#box")
    page.evaluate(
        """() => {
          const box = document.getElementById('box');
          box.form.addEventListener('submit', (event) => { event.preventDefault(); document.title = 'sent'; });
          const press = (target, key, more) =>
            target.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true, ...more}));
          press(box, 'Enter', {isComposing: true});
          press(box, 'Enter', {keyCode: 229});
          press(document.body, 'j', {isComposing: true});
          press(document.body, '?', {keyCode: 229});
        }"""
    )
    assert page.title() != "sent"
    assert page.locator(".here").count() == 0 and not page.locator("#key-list").is_visible()
    page.keyboard.press("Enter")
    assert page.title() == "sent"


@pytest.mark.parametrize("scripts", [True, False])
def test_asking_reading_and_coming_back(opened: Callable[..., Any], scripts: bool) -> None:
    page = opened("/", java_script_enabled=scripts)
    page.fill("#box", "HBM4 供应")
    page.click(".ask button")
    page.wait_for_url("**/search?q=*")
    assert TEXTS[0][0] in page.inner_text(".hits") and TEXTS[1][0] in page.inner_text(".hits")
    page.locator(".cite summary").first.click()
    assert "[EB/OL]" in page.locator(".citation").first.inner_text()
    page.locator(".hit h2 a").first.click()
    page.wait_for_url("**/a/*")
    page.click(".switch")
    page.wait_for_url("**lang=en*")
    page.click("nav >> text=Trend")
    assert page.get_attribute("html", "lang") == "en"
    page.locator("input[name=q]").first.fill("HBM4")
    page.click(".topics button")
    assert page.locator(".chart svg").is_visible()


def test_a_pasted_page_is_answered(opened: Callable[..., Any]) -> None:
    page = opened("/search")
    page.fill("#box", TEXTS[2][0] * 200)
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.hit h2')?.textContent.includes('CoWoS')")


@pytest.mark.parametrize("address", ["/search?q=HBM4+供应", "/trend?q=HBM4&q=CoWoS&by=day"])
def test_every_control_is_reached_by_tab_and_shows_it(opened: Callable[..., Any], address: str) -> None:
    page = opened(address)
    page.evaluate("document.activeElement.blur()")
    for _ in range(300):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            """(() => { const one = document.activeElement;
              if (one === document.body) return '';
              one.setAttribute('data-reached', '');
              return getComputedStyle(one).outlineStyle; })()"""
        )
        if not outline:
            break
        assert outline != "none"
    missed = page.evaluate(
        """[...document.querySelectorAll('a[href], button, textarea, summary, select, input:not([type=hidden])')]
          .filter((one) => one.checkVisibility() && !one.closest('dialog') && !one.hasAttribute('data-reached'))
          .map((one) => one.outerHTML)"""
    )
    assert missed == []
