"""The hits of a call as a list that notebooks show as a table and pandas takes."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, SupportsIndex, overload
from urllib.parse import urlsplit

from similarity.errors import NotInstalled
from similarity.option_values import TIME_ZONE
from similarity.ranking.results.hits import Hit

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = (
    "id", "score", "published", "source", "title", "kind", "language", "access", "page", "url", "authors", "tags",
    "summary", "passage", "also_in",
)  # fmt: skip
"""The names in ``to_dicts``, and the columns of ``to_pandas``."""

_NEEDS = "pip install pandas"
_PASSAGE = 200  # characters that a notebook shows


class HitList(list[Hit]):
    """Hits, best first: a list in every respect, and a table in a notebook."""

    @overload
    def __getitem__(self, place: SupportsIndex) -> Hit: ...

    @overload
    def __getitem__(self, place: slice) -> HitList: ...

    def __getitem__(self, place: SupportsIndex | slice) -> Hit | HitList:
        """A hit, or for a slice another list like this."""
        return HitList(super().__getitem__(place)) if isinstance(place, slice) else super().__getitem__(place)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One flat dictionary a hit with the names of ``COLUMNS``; times are aware UTC."""
        return [_row(hit) for hit in self]

    def to_pandas(self) -> DataFrame:
        """A ``pandas.DataFrame`` with ``COLUMNS``. Raises NotInstalled without pandas."""
        try:
            from pandas import DataFrame
        except ImportError:
            english, chinese = f"to_pandas needs the package pandas: {_NEEDS}", f"to_pandas 需要 pandas：{_NEEDS}"
            raise NotInstalled(english, chinese) from None
        return DataFrame(self.to_dicts(), columns=list(COLUMNS))

    def _repr_html_(self) -> str:
        """The table that Jupyter shows; nothing that was stored is markup in it."""
        heads = "".join(f"<th>{name}</th>" for name in ("", "score", "date", "source", "title"))
        rows = "".join(f"<tr>{_cells(number, hit)}</tr>" for number, hit in enumerate(self, 1))
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _row(hit: Hit) -> dict[str, Any]:
    article = hit.article
    own = {name: getattr(article, name) for name in COLUMNS if hasattr(article, name)}
    others = list(dict.fromkeys(other.source for other in hit.more))
    all_values = own | {"score": hit.score, "page": hit.page, "passage": hit.passage, "also_in": others}
    if article.access == "headline":
        all_values["summary"] = ""
    return {name: all_values[name] for name in COLUMNS}


def _cells(number: int, hit: Hit) -> str:
    article = hit.article
    date = f"{article.published.astimezone(TIME_ZONE):%Y-%m-%d}" if article.published else ""
    title = escape(" ".join(article.title.split()))
    if link := _web_link(article.url):
        title = f'<a href="{escape(link)}" rel="noreferrer noopener" target="_blank">{title}</a>'
    page = f" <small>p. {hit.page}</small>" if hit.page else ""
    passage = " ".join(hit.passage.split())
    shown = passage[:_PASSAGE] + ("…" if len(passage) > _PASSAGE else "")
    quoted = f"<br><small>{escape(shown)}</small>" if shown and passage != " ".join(article.title.split()) else ""
    left = f'<td style="text-align:left">{title}{page}{quoted}</td>'
    return f"<td>{number}</td><td>{hit.score:.3f}</td><td>{date}</td><td>{escape(article.source)}</td>{left}"


def _web_link(url: str) -> str:
    """*url* if it is one of the web: a notebook would run ``javascript:``."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc and url.isprintable() else ""
