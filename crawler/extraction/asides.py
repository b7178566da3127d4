"""Says of an element, by its tag, class, id or role, that it is beside the article: navigation, comments, adverts."""

from __future__ import annotations

import re
from functools import lru_cache

from lxml.html import HtmlElement

_TAGS = frozenset(("nav", "footer", "aside", "form", "dialog"))
_ASIDE = re.compile(
    r"comments?|disqus|related|recommend\w*|sidebars?|footer|foot|nav|menu|share|social|advert\w*|ads?"
    r"|promo(?:s|box|tions?|tional)?|newsletters?|subscri\w*|breadcrumbs?|popup|modal|copyright|login|toolbar"
    r"|hot(?:news|words?|list)?|pinglun|xiangguan|tuijian"
)
_LISTS_OF_RANKS = re.compile(r"rank(?:s|ing|ings|list|box)?")
_NO_ARTICLE = re.compile(r"comments?|disqus|pinglun|replies|modal|related|recommend\w*|tuijian|xiangguan")
_MORE = frozenset(("stories", "news", "articles", "reading"))
_CONSENT = re.compile(
    r"onetrust|cookie-?(?:banner|consent|notice|law)|consent-(?:banner|sdk|manager)|gdpr", re.IGNORECASE
)
_WORD_BORDER = re.compile(r"[-_]+|(?<=[a-z])(?=[A-Z])")
# First words of a class that tells the state of what holds it: has-sidebar, no-ads.
_STATE_BEFORE = re.compile(r"has|with|without|no|is|not|show|hide|below|above")
# Last words of such a class: ads-active.
_STATE_AFTER = re.compile(r"active|enabled|disabled|loaded|open|opened|visible|on|off|ready|collapsed|closed")
# Words for the layout that an article is part of: sidebar-grid. "rank-math" is how a plugin calls itself.
_LAYOUT = frozenset(("grid", "layout", "columns", "math"))
# Last words that only say that an element holds several things: comment-list, share-bar.
_HOLDER = re.compile(
    r"wrapper|wrap|container|list|section|box|block|area|widget|module|group|row|items?|posts|articles|links|form|bar"
    r"|panel|inner|outer|stories|news"
)
_OF_ARTICLE = re.compile(
    r"article|story|post|entry|news|detail|node|main|page|full|content|body|text|inner|wrapper", re.IGNORECASE
)
_ARTICLE = frozenset(("article", "story", "post", "entry"))


def is_aside(node: HtmlElement) -> bool:
    """Is *node*, by tag, class or id, navigation, comments, adverts or the like?"""
    return node.tag in _TAGS or (node.tag not in ("html", "body", "main") and _says_aside(_names(node)))


def is_consent(node: HtmlElement) -> bool:
    """Is *node* a cookie consent dialog? Some are longer than an article."""
    return node.tag not in ("html", "body") and bool(_CONSENT.search(_names(node)))


def says_no_article(node: HtmlElement) -> bool:
    """Whether *node* says that it is comments, a dialog or a list of other articles."""
    return node.tag not in ("html", "body", "main", "article") and (
        node.get("role") in ("dialog", "alertdialog")
        or node.get("aria-modal") == "true"
        or (node.get("itemtype") or "").endswith("schema.org/Comment")
        or _says_no_article(_names(node))
    )


def _names(node: HtmlElement) -> str:
    return f"{node.get('class') or ''} {node.get('id') or ''}"


@lru_cache(maxsize=8192)
def _says_aside(names: str) -> bool:
    tokens = [words for name in names.split() if (words := _words(name))]
    # "sidebar-grid__content article__content" is the article, in a page with a sidebar.
    if any(
        len(words) > 1 and _ARTICLE.intersection(words) and all(map(_OF_ARTICLE.fullmatch, words)) for words in tokens
    ):
        return False
    return any(
        bool(_ASIDE.fullmatch(words[0]) or _ASIDE.fullmatch(words[-1]) or _LISTS_OF_RANKS.fullmatch(words[-1]))
        for words in map(_without_holders, tokens)
        if not _is_state_or_layout(words)
    )


@lru_cache(maxsize=8192)
def _says_no_article(names: str) -> bool:
    for words in filter(None, map(_words, names.split())):
        if _is_state_or_layout(words):
            continue
        if words[0] == "more" and _MORE.intersection(words[1:2]):
            return True
        words = _without_holders(words)
        if _NO_ARTICLE.fullmatch(words[0]) or _NO_ARTICLE.fullmatch(words[-1]):
            return True
    return False


def _words(name: str) -> tuple[str, ...]:
    """The words of one class or id, in lower case: of ``relatedPosts`` and ``related__posts`` the same."""
    return tuple(word.lower() for word in _WORD_BORDER.split(name) if word)


def _without_holders(words: tuple[str, ...]) -> tuple[str, ...]:
    while len(words) > 1 and _HOLDER.fullmatch(words[-1]):
        words = words[:-1]
    return words


def _is_state_or_layout(words: tuple[str, ...]) -> bool:
    """Does a class of these words tell the state or the layout of its element, and not what the element is?"""
    return bool(_STATE_BEFORE.fullmatch(words[0]) or _STATE_AFTER.fullmatch(words[-1]) or _LAYOUT.intersection(words))
