"""Drops boilerplate from an article's paragraphs: bylines, share buttons, captions, disclaimers, related articles."""

from __future__ import annotations

import re

from crawler.extraction.standing_parts import without_standing_parts
from crawler.extraction.title_key import title_key
from text.language import HAN

_FIRST_PARAGRAPHS = 8  # which are checked for bylines, dates and buttons
_SHORT = 60  # characters; the maximum of headings, buttons and menu lines
_SHORT_CHINESE = 15  # characters; more Han characters may be a sentence
_SENTENCE_END = tuple(".!?。！？…”\"'’)）")
_HAN = re.compile(f"[{HAN}]")
_BYLINE = re.compile(
    r"by|(?:by|von|作者|文|撰文|记者|编译|整理)(?:\b|\s*[::：/／|｜]).{0,100}|原标题\s*[:：].*", re.IGNORECASE
)
_FULL_DATE = re.compile(
    r"(?:19|20)\d\d\s?[-./年]\s?\d{1,2}\s?[-./月]\s?\d{1,2}|\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|月)\w{0,9}\.?\s\d{1,2}(?:st|nd|rd|th)?,\s?(?:19|20)\d\d",
    re.IGNORECASE,
)
# Beginnings of share bars, menus and the like.
_BUTTONS = re.compile(
    r"(?:share|tweet|link|digg|print|e-?mail|facebook|twitter|linkedin|weibo|wechat|save|reprints?|copy|listen|follow"
    r"|subscribe|sign up|sign in|read more|see more|show more|advertisement|last updated|updated"
    r"|\d+[\s-]min(?:ute)?s? read)\b"
    r"|分享|转发|转播|打印|收藏|字号|大 ?中 ?小|评论|我要|举报|关注|点赞|微信|微博|扫码|扫一扫"
    r"|您所在|当前位置|首页|来源|下载|客户端|阅读|浏览",
    re.IGNORECASE,
)
# Captions, credits and adverts, which stand between paragraphs.
_CAPTION_OR_ADVERT = re.compile(
    r"(?:FILE PHOTO|File photo)\b.*|(?:Photographer|Photo|Image(?: credit)?|Source): .{2,60}"
    r"|Purchase Licensing Rights.*|Slideshow \( ?\d+ images? ?\)|Article continues below.*|Scroll to continue.*"
    r"|Advertisement|Already a subscriber\?.*|(?:Read [Mm]ore|READ MORE|Related|Read also)\s?: .{0,150}"
    r"|.{0,150}\b[Ss]ign up (?:here|now)\.?|(?:Get|Sign up (?:for|to)|Subscribe to) .{0,120}\bnewsletters?\b.{0,60}"
    r"|(?:图片来源|图源|供图|摄影|图)\s?[:：].{0,30}|(?:点击|扫描|长按).{0,20}(?:二维码|关注|下载).{0,30}",
)
_REUTERS_CREDIT = re.compile(r".*\bREUTERS/[A-Z][\w .'-]+")
# Beginnings of last paragraphs: disclaimers, editors, sources.
_FOOTER = re.compile(
    r"our standards: ?the thomson reuters|to contact the (?:reporter|editor|author)s?\b"
    r"|before it'?s here, it'?s on the bloomberg|more stories like this are available"
    r"|[-–—]{1,2} ?with assistance (?:by|from)|thank you for reading|this article was originally"
    r"|#(?: ?#)*$|\(c\)|©|copyright"
    r"|[（(【\[]?\s*(?:责任编辑|责编|编辑|编校|校对|审核|来源|本文来源|文章来源|稿件来源|作者|原标题|关键[字词])\s?[:：]"
    r"|[（(【\[]?\s*(?:免责声明|版权声明|特别声明|郑重声明|声明|风险提示|版权所有|温馨提示|特别提醒)"
    r"|[（(](?:综合|整理|编译).{0,60}[）)]$|[【\[(（].{0,60}(?:未经授权|不得转载|谢绝转载|转载请注明)|未经授权|未经许可|转载请注明"
    r"|(?:published|posted|(?:last )?updated|发布时间|发布日期|更新(?:时间|日期)?|日期)(?: on)?\s?[:：]?\s?"
    r"[^.!?。]{6,40}$"
    r"|(?:上|下)一(?:篇|条|页|章)\s?[:：]|网友评论|跟[贴帖]|更多精彩|更多内容|欢迎关注",
    re.IGNORECASE,
)
# Headings after which the page continues with other articles.
_END_HEADING = re.compile(
    r"[【\[]?(?:相关(?:阅读|新闻|报道|文章|日志|链接)|延伸阅读|推荐阅读|热门推荐|精彩推荐|精彩视频推荐"
    r"|猜你喜欢|你可能会?喜欢|热门新闻\w*|最热新闻|最新评论|网友评论)[】\]]?[:：]?"
    r"|(?i:related (?:articles|stories|content|reading|topics|insights)|read next|recommended for you)"
    r"|(?i:you (?:may|might) also (?:like|be interested in)|(?:most|also) (?:read|popular)|up next)[:：]?"
    r"|(?i:trending on .{2,30}|what to read next|editors?['’]?s? picks?)[:：]?"
    r"|(?i:(?:more|latest|other|top) (?:news|stories|articles|headlines))[:：]?"
    r"|More (?:from|on) .{2,40}|(?:更多|最新|热门|其他|精选)(?:新闻|文章|资讯|报道|阅读|推荐)[:：]?|相关推荐[:：]?"
)
_MIN_SHARE_BEFORE_END = 0.4  # of the text; an end heading further up belongs to the article


def without_boilerplate(paragraphs: list[str], title: str) -> list[str]:
    """*paragraphs* without repeated ones and without boilerplate at the beginning, inside and at the end."""
    kept = [text for index, text in enumerate(paragraphs) if index == 0 or text != paragraphs[index - 1]]
    kept = [text for text in without_standing_parts(_before_end(kept)) if not _is_caption(text)]
    while len(kept) > 1 and (_FOOTER.match(kept[-1]) or _is_button(kept[-1])):
        kept.pop()
    following = [*kept[1:], ""]
    return [
        text
        for index, text in enumerate(kept)
        if index >= _FIRST_PARAGRAPHS or not _is_head(text, following[index], title)
    ]


def _before_end(paragraphs: list[str]) -> list[str]:
    """The paragraphs before the first heading of other articles."""
    length, seen = sum(map(len, paragraphs)), 0
    for index, text in enumerate(paragraphs):
        if seen >= _MIN_SHARE_BEFORE_END * length and len(text) <= _SHORT and _END_HEADING.fullmatch(text):
            return paragraphs[:index]
        seen += len(text)
    return paragraphs


def _is_caption(text: str) -> bool:
    return bool(_CAPTION_OR_ADVERT.fullmatch(text) or ("REUTERS/" in text and _REUTERS_CREDIT.fullmatch(text)))


def _is_button(text: str) -> bool:
    limit = _SHORT_CHINESE if _HAN.search(text) else _SHORT
    return len(text) <= limit and not text.endswith(_SENTENCE_END) and bool(_BUTTONS.match(text))


def _is_head(text: str, after: str, title: str) -> bool:
    """Is *text*, one of the first paragraphs, the title, a byline, a date line, a place or a button?

    *after* is the next paragraph. A place before a dateline is repeated at its beginning.
    """
    if title_key(text) in ("", title_key(title)) or (_BYLINE.fullmatch(text) and not text.endswith(_SENTENCE_END)):
        return True
    if text.endswith(_SENTENCE_END) and len(text) > (_SHORT_CHINESE if _HAN.search(text) else _SHORT / 2):
        return False
    repeated_place = len(text) <= _SHORT / 2 and after.startswith(text) and len(after) > _SHORT
    breadcrumb = len(text) <= _SHORT and text.count(" > ") > 1
    date_line = len(text) <= 80 and bool(_FULL_DATE.search(text))
    return date_line or repeated_place or breadcrumb or _is_button(text)
