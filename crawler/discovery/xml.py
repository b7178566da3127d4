"""XML from strangers, read without entities, network and bombs, and as far as it can be read when it is broken."""

from __future__ import annotations

import re
import zlib

from lxml import etree

from crawler.ways.entry import EmptyReply, EntryError

MAX_BYTES = 50 * 2**20  # what the sitemap protocol allows one file
MAX_TAGS = 2_000_000
"""50,000 addresses with everything that may be said of each have half of it; a tree of many more fills the memory."""

_GZIP = b"\x1f\x8b"
_DECLARATION = re.compile(rb"<\?xml[^>]*\?>")
_BARE_AMPERSAND = re.compile(rb"&(?!#\d+;|#[xX][0-9a-fA-F]+;|[A-Za-z]\w*;)")
# A comment may hold what looks like the root, to hide the document type behind it.
_MARK = re.compile(
    rb"(?P<aside><!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z))|(?P<type><!(?:DOCTYPE|ENTITY))|<[A-Za-z_]",
    re.IGNORECASE | re.DOTALL,
)


def unpacked(data: bytes) -> bytes:
    """*data* without its gzip layer, if it has one; refused when that holds more than MAX_BYTES."""
    if data.startswith(_GZIP):
        unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            data = unzip.decompress(data, MAX_BYTES + 1)
        except zlib.error as error:
            raise EntryError(f"broken gzip: {error}") from None
    if len(data) > MAX_BYTES:
        raise EntryError(f"more than {MAX_BYTES // 2**20} MiB of XML")
    if data.count(b"<") > MAX_TAGS:
        raise EntryError(f"more than {MAX_TAGS} tags of XML")
    return data


def parse(data: bytes) -> etree._Element:
    """The root element of *data*, broken or not, whatever stands around it: a pasted file, a server's warning."""
    data = unpacked(data)
    prologue, rest = _parted(data)
    declaration = _DECLARATION.search(prologue)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring((declaration[0] if declaration else b"") + rest[: rest.rfind(b">") + 1], parser)
    except etree.XMLSyntaxError as error:
        raise EntryError(f"broken XML: {error.msg}") from None
    if root is None:
        raise EntryError("no XML")
    return root


def mended(data: bytes) -> bytes:
    """*data* with ampersands that stand for themselves written as they must be, when it is not well formed.

    feedparser reads a bare "R&D" as "R&D;" otherwise.
    """
    try:
        etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError:
        return _BARE_AMPERSAND.sub(b"&amp;", data)
    return data


def refuse_document_type(data: bytes) -> None:
    """Feeds and sitemaps need no document type; it is how entities come in, and how HTML pages begin."""
    _parted(data)


def _parted(data: bytes) -> tuple[bytes, bytes]:
    """What stands before the root element, and from it on. Raises EntryError for a document type."""
    root = next((mark for mark in _MARK.finditer(data) if not mark["aside"]), None)
    if root is None:
        raise EntryError("no XML") if data.strip() else EmptyReply("an empty reply")
    if root["type"]:
        raise EntryError("XML with a document type, or an HTML page")
    return data[: root.start()], data[root.start() :]


def name(element: etree._Element) -> str:
    """The element's name without its namespace; "" for comments and instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
