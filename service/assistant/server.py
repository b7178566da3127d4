"""The MCP server with its tools: over standard input and output, and as ``/mcp`` of the HTTP service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field, ValidationError
from pymongo.errors import PyMongoError

from service.assistant import tools
from service.assistant.results import (
    NOTICE,
    Answered,
    ArticleResult,
    DigestResult,
    RelatedResult,
    SearchResult,
    SourcesResult,
    StoryResult,
    TrendResult,
)
from service.problems import Unavailable
from similarity.errors import QueryError
from store.connection import StoreError

Call = Callable[..., Awaitable[Any]]
"""``call(function, …)``: ``function(index, …)`` in a thread where that may take its time."""

_Answered = Callable[..., Awaitable[CallToolResult]]

INSTRUCTIONS = f"""Xinwen (芯闻) has news, reports and filings of the semiconductor industry, in Chinese and English.
search finds in both languages at once, whatever language the question is in. Cite the link of what you use; of a report
the link leads to the page. {NOTICE}"""

MaxBytes = Annotated[int, Field(description=f"Longest answer in bytes, 2000 to {tools.MOST_BYTES}.")]
Names = Annotated[list[str] | None, Field(description="Only these; see the tool sources for keys and categories.")]
Day = Annotated[str | None, Field(description="YYYY-MM-DD, in Shanghai time.")]
Score = Annotated[float | None, Field(description="Leave out hits below this score, 0 to 1.")]
Hits = Annotated[int, Field(description=f"How many hits, 1 to {tools.MOST_HITS}.")]


class _Server(MCPServer[Any]):
    """Says in one line what is wrong with the arguments of a tool; one that it has not is an error, as over HTTP."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        known = {tool.name: list(tool.input_schema["properties"]) for tool in await self.list_tools()}
        if unknown := [one for one in arguments if name in known and one not in known[name]]:
            raise ToolError(f"wrong arguments: no {unknown[0][:40]!r}; {name} has {', '.join(known[name])}")
        try:
            return await super().call_tool(name, arguments, context)
        except UnexpectedToolError:
            raise
        except ToolError as error:
            if not isinstance(cause := error.__cause__, ValidationError):
                raise
            wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in cause.errors()[:3])
            raise ToolError(f"wrong arguments: {wrong}") from None


def make_server(call: Call) -> MCPServer[Any]:
    """The server; its tools ask the index through *call*."""
    server = _Server("xinwen", title="Xinwen 芯闻", instructions=INSTRUCTIONS, log_level="WARNING")

    async def answered(function: Callable[..., Answered], *args: Any) -> CallToolResult:
        try:
            tools.check_bytes(args[-1])
            result: Answered = await call(function, *args)
        except QueryError as error:
            raise ToolError(" ".join(str(error).split())) from None
        except Unavailable as error:
            raise ToolError(error.english) from None
        except (StoreError, PyMongoError):
            raise ToolError("the database does not answer: try again in a few seconds") from None
        fields = result.model_dump(mode="json")
        return CallToolResult(
            content=[TextContent(type="text", text=result.model_dump_json())], structured_content=fields
        )

    _add_search(server, answered)
    _add_articles(server, answered)
    _add_terms(server, answered)
    return server


def _tool(server: MCPServer[Any], title: str) -> Callable[[Any], Any]:
    hints = ToolAnnotations(title=title, read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    return server.tool(title=title, annotations=hints)


def _add_search(server: MCPServer[Any], answered: _Answered) -> None:
    @_tool(server, "Search articles")
    async def search(
        q: Annotated[str, Field(description="A question, words, a sentence or a whole article; empty: the newest.")],
        k: Hits = 5,
        source: Names = None,
        category: Names = None,
        kind: Annotated[list[str] | None, Field(description="Of news, report, filing, data.")] = None,
        language: Annotated[list[str] | None, Field(description="Of zh, en.")] = None,
        company: Annotated[list[str] | None, Field(description="Articles that name it, by any name.")] = None,
        since: Day = None,
        until: Day = None,
        must: Annotated[list[str] | None, Field(description='Words or "phrases" that must be there.')] = None,
        exclude: Annotated[list[str] | None, Field(description='Words or "phrases" that must be missing.')] = None,
        min_score: Score = None,
        sort: Annotated[str, Field(description="score or published.")] = "score",
        cursor: Annotated[str, Field(description="Of the answer before, for the next hits.")] = "",
        max_bytes: MaxBytes = tools.MAX_BYTES,
    ) -> Annotated[CallToolResult, SearchResult]:
        """News, reports and filings most similar to a question, in Chinese and English, each story once, best first."""
        given = {
            "q": q, "k": k, "source": source, "category": category, "kind": kind, "language": language,
            "company": company, "since": since, "until": until, "must": must, "not": exclude, "min_score": min_score,
            "sort": sort, "cursor": cursor,
        }  # fmt: skip
        return await answered(tools.search, given, max_bytes)

    @_tool(server, "Similar articles")
    async def similar(
        article_id: Annotated[str, Field(description="Id of a hit, or the address of an article.")],
        k: Hits = 5,
        min_score: Score = None,
        cursor: str = "",
        max_bytes: MaxBytes = tools.MAX_BYTES,
    ) -> Annotated[CallToolResult, SearchResult]:
        """The stored articles most similar to one of them, except those of its own story."""
        given = {"like": article_id, "k": k, "min_score": min_score, "cursor": cursor}
        return await answered(tools.search, given, max_bytes)


def _add_articles(server: MCPServer[Any], answered: _Answered) -> None:
    @_tool(server, "Read an article")
    async def article(
        article_id: Annotated[str, Field(description="Id of a hit, or the address of an article.")],
        page: Annotated[int | None, Field(description="Of a report: only this page, from 1.")] = None,
        offset: Annotated[int, Field(description="Character of the text to begin with.")] = 0,
        max_bytes: MaxBytes = tools.MAX_BYTES,
    ) -> Annotated[CallToolResult, ArticleResult]:
        """A stored article with its text, as far as that may be shown; long texts part by part."""
        return await answered(tools.article, article_id, page, offset, max_bytes)

    @_tool(server, "A story from the beginning")
    async def story(
        story_id: Annotated[str, Field(description="Id of a story, or of one of its articles.")],
        max_bytes: MaxBytes = tools.MAX_BYTES,
    ) -> Annotated[CallToolResult, StoryResult]:
        """All articles that tell the same story, the earliest first: who had it when."""
        return await answered(tools.story, story_id, max_bytes)

    @_tool(server, "Digest of what is new")
    async def digest(
        day: Annotated[str, Field(description="YYYY-MM-DD in Shanghai, the last day; empty: up to now.")] = "",
        days: Annotated[int, Field(description=f"How many days, 1 to {tools.MOST_DAYS}.")] = 1,
        language: Annotated[str, Field(description="zh or en.")] = "zh",
        max_bytes: MaxBytes = tools.MAX_BYTES,
    ) -> Annotated[CallToolResult, DigestResult]:
        """What was new: stories with all their sources, reports, numbers, rising terms, sources with trouble."""
        return await answered(tools.digest, day, days, language, max_bytes)

    @_tool(server, "Sources")
    async def sources(max_bytes: MaxBytes = tools.MAX_BYTES) -> Annotated[CallToolResult, SourcesResult]:
        """All sources: their keys and categories, how many articles each has, and which are in trouble."""
        return await answered(tools.sources, max_bytes)


def _add_terms(server: MCPServer[Any], answered: _Answered) -> None:
    @_tool(server, "Trend of a topic")
    async def trend(
        topic: Annotated[str, Field(description="A company, product or other term.")],
        by: Annotated[str, Field(description="day, week or month.")] = "week",
        source: Annotated[str | None, Field(description="Only this source.")] = None,
        since: Day = None,
        until: Day = None,
        max_bytes: MaxBytes = tools.MAX_BYTES,
    ) -> Annotated[CallToolResult, TrendResult]:
        """How often articles name a topic over time, under all its names in both languages, the newest period first."""
        options = {"source": source, "since": since, "until": until}
        return await answered(tools.trend, topic, by, options, max_bytes)

    @_tool(server, "Related terms")
    async def related_terms(
        term: Annotated[str, Field(description="A company, product or other term.")],
        k: Annotated[int, Field(description="How many terms, 1 to 100.")] = 10,
        max_bytes: MaxBytes = tools.MAX_BYTES,
    ) -> Annotated[CallToolResult, RelatedResult]:
        """Terms that are in the same articles far more often than by chance: products, suppliers, rivals."""
        return await answered(tools.related_terms, term, k, max_bytes)
