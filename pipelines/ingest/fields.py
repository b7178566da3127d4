"""The fields of a row of a JSONL file, as ``xinwen ingest --help`` lists them."""

from __future__ import annotations

from typing import get_args

from store.article import Kind

FIELDS = (
    (
        "url",
        "text",
        "地址，必需；文章的编号由它算出 · the address, required; the id of the article is computed from it",
    ),
    (
        "title",
        "text",
        "标题；没有时取正文的【】或第一句 · the headline; by default 【…】 or the first sentence of the text",
    ),
    ("body", "text", "正文，段落以换行分开 · the text, paragraphs separated by line breaks"),
    ("text", "text", "同 body，body 为空时用 · the same, used where body is empty"),
    ("summary", "text", "摘要 · the abstract"),
    (
        "published",
        "date",
        "发布时间，无时区按上海 · when it came out: any common form; Shanghai time if no zone is given",
    ),
    ("fetched", "date", "得到的时间，默认现在 · when you got it; by default now"),
    ("language", "text", "zh 或 en，默认自动识别 · zh or en; by default recognized"),
    (
        "source",
        "key",
        "来源：小写字母开头，只含小写字母、数字和 _，如 chip_daily；默认按地址，否则 file · a lower-case letter, then "
        "lower-case letters, digits and _, such as chip_daily; by default the source whose site it is, else file",
    ),
    ("authors", "texts", "作者，一个或列表 · a text or a list of texts"),
    ("tags", "texts", "标签，一个或列表 · a text or a list of texts"),
    ("kind", "word", f"{' '.join(get_args(Kind))}; 默认 by default news"),
)
"""Name, type and meaning of each field of a row; others (``id``, for one) are ignored. All but ``url`` may be missing,
empty or null, if there is a title or a text."""

EXAMPLES = (
    ("notes.jsonl", "JSONL（.gz 也可），每行一篇 · JSONL, also .gz, an article a line: "
     '{"url": "https://a.example/1", "title": "…", "body": "…", "published": "2026-03-06"}'),
    ("page.html saved/",
     "保存的网页（.html .htm .xhtml .shtml，.gz 也可）和文件夹 · saved pages, also .gz, and folders"),
    ("report.pdf", "PDF，要有文字层 · PDFs that have a text layer"),
    ("memo.docx", "Word 文档 · Word documents; an old .doc: save it as .docx"),
    ("deck.pptx",
     "PowerPoint，一张一页，含备注 · presentations, a slide a page, with notes; not .ppt: save it as .pptx"),
    ("call.txt note.md",
     "纯文本和 Markdown；首行或标题作题目，前置信息里的 title、date、author 优先 · text and Markdown; the "
     "title is the first line or heading, or the title of the front matter, which may have date and author too"),
    ("WSTS-Historical-Billings-Report.xlsx",
     "WSTS 和台积电月营收的工作簿 · workbooks of WSTS and of TSMC's monthly revenue"),
    ("reports/ --manifest reports.tsv",
     "TSV 三列 file、address、captured 给出原来的地址和时间 · a TSV with these columns "
     "says from where and when the files are"),
)  # fmt: skip
"""An example for each kind of file, with what it is."""

HELP = "\n\n".join(
    (
        "导入已有的文件 · Store and index files that you already have, with all the text that they have.",
        "JSONL 每行一个 JSON 对象。只有标题也收（按 headline 存），有标题和摘要按 abstract 存。同一地址后来有了正文，"
        "就换成正文；标题从不取代已存的正文。",
        "In JSONL each line is one JSON object. A title is enough (stored as a headline), or title and summary (as an "
        "abstract). A text that comes later for the same address takes the place of the headline; a headline never "
        "takes the place of a text.",
        "例 · Examples:",
        *(f"`xinwen ingest {example}`: {meaning}" for example, meaning in EXAMPLES),
        "字段 · Fields:",
        *(f"{name} ({form}): {meaning}" for name, form, meaning in FIELDS),
    )
)
