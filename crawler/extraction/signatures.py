"""The first bytes by which files are recognized, whatever their address and headers say."""

ZIP = b"PK\x03\x04"
"""Local file header (PKWARE APPNOTE 4.3.7): ZIP archives, and Office documents such as XLSX."""

GZIP = b"\x1f\x8b"
"""RFC 1952."""

PDF = b"%PDF-"
"""ISO 32000-1, 7.5.2. Readers accept it anywhere in the first ``PDF_WITHIN`` bytes."""

PDF_WITHIN = 1024
