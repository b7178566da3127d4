"""Encodings: the one that fits the bytes is used, whatever is declared."""

from __future__ import annotations

import codecs

import pytest

from crawler.extraction.charset import decode

SIMPLE = "半导体设备的销售额在第三季度继续增长，晶圆厂的订单已经排到明年。"
TRADITIONAL = "半導體設備的銷售額在第三季繼續增長，晶圓廠的訂單已經排到明年。"
DECLARATIONS = ["", "utf-8", "gb2312", "gbk", "big5", "big5-hkscs", "iso-8859-1", "windows-1252", "no-such-charset"]


def page(text: str, meta: str = "") -> str:
    declaration = f'<meta http-equiv="Content-Type" content="text/html; charset={meta}">' if meta else ""
    return f"<html><head>{declaration}<title>{text[:12]}</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize("declared", DECLARATIONS)
@pytest.mark.parametrize("meta", DECLARATIONS)
@pytest.mark.parametrize(
    ("text", "real"),
    [(SIMPLE, "utf-8"), (SIMPLE, "gb2312"), (SIMPLE, "gbk"), (SIMPLE, "gb18030"), (TRADITIONAL, "big5hkscs")],
)
def test_a_false_declaration_loses(text, real, meta, declared):
    assert decode(page(text, meta).encode(real), declared) == page(text, meta)


def test_gb2312_is_read_as_the_larger_set_that_sites_really_use():
    text = page("镕基与喆，㐀以及€都不在 GB 2312 之中，" + SIMPLE, "gb2312")
    assert decode(text.encode("gb18030")) == text


@pytest.mark.parametrize(("real", "text"), [("utf-8", SIMPLE), ("gb18030", SIMPLE), ("big5hkscs", TRADITIONAL)])
@pytest.mark.parametrize("declared", ["", "utf-8", "gb2312", "big5"])
def test_a_few_broken_bytes_do_not_change_the_encoding(real, text, declared):
    good = page(text * 3)
    # \xff is no byte of any of the three; the tag after it stops the decoders from taking in more.
    data = good.encode(real).replace(b"</p>", b"\xff</p>\xff<hr>")
    read = decode(data, declared)
    assert text * 3 in read
    assert read.count("\ufffd") == 2


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_a_byte_order_mark_decides(mark, encoding):
    assert decode(mark + page(SIMPLE, "gb2312").encode(encoding), "big5") == page(SIMPLE, "gb2312")


@pytest.mark.parametrize("declared", ["", "iso-8859-1", "windows-1252", "utf-8"])
def test_western_pages_without_utf8(declared):
    text = page("Größe, Übung und naïve Café-Gäste; das kostet viel.", declared)
    assert decode(text.encode("cp1252"), declared) == text


def test_other_declared_encodings_are_kept():
    japanese = page("半導体の売上高は前年同期比で増加しました。", "shift_jis")
    assert decode(japanese.encode("cp932")) == japanese
    russian = page("Продажи полупроводников выросли", "windows-1251")
    assert decode(russian.encode("cp1251")) == russian


def test_the_whole_content_type_header_is_understood():
    assert decode(SIMPLE.encode("gbk"), "text/html; charset=GBK") == SIMPLE
    assert decode("联通".encode("gbk"), "text/html;charset=gb2312") == "联通"  # valid UTF-8, too


def test_plain_ascii_and_nothing():
    assert decode(b"<p>wafer</p>", "gb2312") == "<p>wafer</p>"
    assert decode(b"") == ""
