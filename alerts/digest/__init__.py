"""The digest: what was new in a span of days, on one page, as text, Markdown, HTML or JSON."""
