"""Parses untrusted XML: no entities, no network, bounded size; of broken XML as much as can be read."""

from __future__ import annotations

import html
import re
import zlib

from lxml import etree

from crawler.discovery.entry_page import EmptyReply, EntryPageError
from crawler.extraction import signatures
from crawler.extraction.charset import decode

MAX_BYTES = 50 * 2**20  # the limit of the sitemap protocol for one file
MAX_TAGS = 2_000_000
"""Twice what 50,000 addresses with all their elements need; a tree with many more tags fills the memory."""

_DECLARATION = re.compile(r"<\?xml[^<>]{0,999}\?>")
_BARE_AMPERSAND = re.compile(r"&(?!#\d+;|#[xX][0-9a-fA-F]+;|[A-Za-z]\w*;)")
_BARE_LESS_THAN = re.compile(r"<(?![A-Za-z_/!?])")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z]\w*;")
# Finds the root element or the document type. Comments are matched first: one may hold what looks like the root.
_ROOT_OR_TYPE = re.compile(
    rb"(?P<comment><!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z))|(?P<type><!(?:DOCTYPE|ENTITY))|<[A-Za-z_]",
    re.IGNORECASE | re.DOTALL,
)


def decompressed(data: bytes) -> bytes:
    """*data*, decompressed where it is gzip. Raises EntryPageError for more than ``MAX_BYTES`` or ``MAX_TAGS``."""
    if data.startswith(signatures.GZIP):
        unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            data = unzip.decompress(data, MAX_BYTES + 1)
        except zlib.error as error:
            raise EntryPageError(f"broken gzip: {error}") from None
    if len(data) > MAX_BYTES:
        raise EntryPageError(f"more than {MAX_BYTES // 2**20} MiB of XML")
    if data.count(b"<") > MAX_TAGS:
        raise EntryPageError(f"more than {MAX_TAGS} tags of XML")
    return data


def parse(data: bytes) -> etree._Element:
    """The root element of *data* in UTF-8, broken or not; text around it is ignored. Raises EntryPageError."""
    _, rest = _split_at_root(repaired(decompressed(data)))
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(rest[: rest.rfind(b">") + 1], parser)
    except etree.XMLSyntaxError as error:
        raise EntryPageError(f"broken XML: {error.msg}") from None
    if root is None:
        raise EntryPageError("no XML")
    return root


def as_utf8(data: bytes, charset: str = "") -> bytes:
    """*data*, decompressed, in UTF-8 and without declaration, whatever the declaration and the HTTP header say.

    *charset* is the Content-Type of the header. Raises EntryPageError.
    """
    data = decompressed(data)
    return _DECLARATION.sub("", decode(data, charset), count=1).encode("utf-8", "replace")


def repaired(data: bytes) -> bytes:
    """*data* in UTF-8 with bare ampersands and less-than signs escaped and entities of HTML written out.

    What is well-formed stays as it is. Of "R&D" in broken XML lxml makes "R" and feedparser "R&D;".
    """
    try:
        etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError:
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), data.decode("utf-8", "replace"))
        return _BARE_LESS_THAN.sub("&lt;", _BARE_AMPERSAND.sub("&amp;", text)).encode("utf-8", "replace")
    return data


def refuse_document_type(data: bytes) -> None:
    """Raises EntryPageError for a document type: it can declare entities, and HTML pages begin with one."""
    _split_at_root(data)


def _split_at_root(data: bytes) -> tuple[bytes, bytes]:
    """The bytes before the root element, and those from it on. Raises EntryPageError for a document type."""
    root = next((match for match in _ROOT_OR_TYPE.finditer(data) if not match["comment"]), None)
    if root is None:
        raise EntryPageError("no XML") if data.strip() else EmptyReply("an empty reply")
    if root["type"]:
        raise EntryPageError("XML with a document type, or an HTML page")
    return data[: root.start()], data[root.start() :]


def name(element: etree._Element) -> str:
    """The element's name without namespace and prefix, declared or not; "" for comments and instructions."""
    return local_name(element.tag) if isinstance(element.tag, str) else ""


def local_name(tag: str) -> str:
    """*tag* without its namespace, and without a prefix that is declared nowhere: lxml's QName raises for those."""
    return tag.rpartition("}")[2].rpartition(":")[2]
