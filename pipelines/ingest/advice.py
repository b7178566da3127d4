"""What helps where a file of a user cannot be read, in Chinese and English."""

from __future__ import annotations

import re

_BY_ENDING = {
    (".doc", ".dot", ".rtf", ".odt", ".wps", ".pages"): "另存为 DOCX 或 PDF · save it as DOCX or PDF",
    (".ppt", ".pps", ".odp", ".dps", ".key"): "另存为 PPTX 或 PDF · save it as PPTX or PDF",
    (
        ".xls",
        ".xlsb",
        ".ods",
        ".et",
        ".csv",
        ".tsv",
    ): "每行一篇的另存为 JSONL，图表另存为 PDF · save rows of articles as JSONL, sheets as PDF",
    (".json", ".ndjson", ".xml", ".yaml"): "转成 JSONL，每行一个对象 · convert it to JSONL, one object a line",
    (".epub", ".mobi", ".azw3", ".caj"): "转成 PDF 或 TXT · convert it to PDF or TXT",
    (
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".tif",
        ".tiff",
        ".bmp",
        ".webp",
        ".heic",
    ): "做文字识别后存为 PDF · recognize its text (OCR) and save it as PDF",
    (".zip", ".rar", ".7z", ".tar", ".tgz"): "先解压，再导入文件夹 · unpack it and ingest the folder",
    (".eml", ".msg", ".mht", ".mhtml"): "另存为 HTML 或 TXT · save it as HTML or TXT",
}
_BY_REASON = (
    (r"without a text layer", "先做文字识别（如 ocrmypdf） · recognize its text first, for example with ocrmypdf"),
    (r"password|encrypted", "另存一份没有密码的 · save a copy without the password"),
    (r"truncated|ends after", "文件不完整，重新下载 · the file is incomplete: download it again"),
    (r"^broken|an archive without|more than .* MiB|more than .* s of",
     "用原来的程序打开，另存为 PDF · open it in its own program and save it as PDF"),
    (r"a workbook; those of", "存为 PDF，或转成 JSONL · save it as PDF, or convert it to JSONL"),
    (r"\bover \d+|up to \d+ MiB", "拆成几个较小的文件 · split it into smaller files"),
    (r"a feed or sitemap", "`xinwen links` 读订阅源 · `xinwen links` reads feeds"),
    (r"^JSON, not a page", "转成 JSONL，每行一个对象 · convert it to JSONL, one object a line"),
    (r"binary data|but a picture|but an old Office|but an RTF",
     "文件不是后缀所说的类型，另存为 PDF · it is not what its ending says: save it as PDF"),
    (r"^empty|without text$", "文件是空的 · there is nothing in it"),
)  # fmt: skip


def advice_for_name(name: str) -> str:
    """What helps for a file whose ending is not read; "" where nothing is known."""
    return next((advice for endings, advice in _BY_ENDING.items() if name.lower().endswith(endings)), "")


def with_advice(reason: str) -> str:
    """*reason*, why a file could not be read, with what would help."""
    advice = next((words for pattern, words in _BY_REASON if re.search(pattern, reason)), "")
    return f"{reason}; {advice}" if advice else reason
