"""Parses untrusted XML: no entities, no network, bounded size; of broken XML as much as can be read."""

from __future__ import annotations

import re
import zlib

from lxml import etree

from crawler.discovery.entry_page import EmptyReply, EntryPageError
from crawler.extraction import signatures

MAX_BYTES = 50 * 2**20  # the limit of the sitemap protocol for one file
MAX_TAGS = 2_000_000
"""Twice what 50,000 addresses with all their elements need; a tree with many more tags fills the memory."""

_DECLARATION = re.compile(rb"<\?xml[^>]*\?>")
_BARE_AMPERSAND = re.compile(rb"&(?!#\d+;|#[xX][0-9a-fA-F]+;|[A-Za-z]\w*;)")
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
    """The root element of *data*, broken or not; text around it is ignored. Raises EntryPageError."""
    data = decompressed(data)
    prologue, rest = _split_at_root(data)
    declaration = _DECLARATION.search(prologue)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring((declaration[0] if declaration else b"") + rest[: rest.rfind(b">") + 1], parser)
    except etree.XMLSyntaxError as error:
        raise EntryPageError(f"broken XML: {error.msg}") from None
    if root is None:
        raise EntryPageError("no XML")
    return root


def escape_ampersands(data: bytes) -> bytes:
    """*data*, with bare ampersands escaped when it is not well-formed: feedparser reads a bare "R&D" as "R&D;"."""
    try:
        etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError:
        return _BARE_AMPERSAND.sub(b"&amp;", data)
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
