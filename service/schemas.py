"""The shapes of the answers, for OpenAPI. The answers are made in ``similarity.answers`` and are not copied here."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from similarity.analytics.keywords import Keyword
from similarity.analytics.related_terms import Related
from store.article import Access, File, Kind
from store.documents.stories import StoryArticle


class ProblemError(BaseModel):
    """One thing that is wrong: the option or field, and why."""

    place: str
    reason: str


class Problem(BaseModel):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str | None = None
    errors: list[ProblemError] | None = None


class ArticleHead(BaseModel):
    """An article without its body."""

    id: str
    source: str
    url: str
    title: str
    summary: str
    language: str
    published: datetime | None
    fetched: datetime
    authors: list[str]
    tags: list[str]
    kind: Kind
    files: list[File]
    access: Access


class ArticleAnswer(ArticleHead):
    """An article; ``body`` where ``access`` is ``full``. ``more``: the other articles of its ``story``."""

    body: str | None = None
    story: str
    more: list[StoryArticle]


class WordShare(BaseModel):
    """How far a hit meets a concept of the question, and by which of its words."""

    word: str
    weight: float
    met: list[str]


class MetConceptAnswer(BaseModel):
    """How far a hit meets a concept of the question, and by which of its words: see ``similarity.MetConcept``."""

    concept: str
    kind: str
    weight: float
    met: float
    by: list[str]


class ExplanationAnswer(BaseModel):
    """Why an article was found: the concepts, those that it does not meet, and the sentence that meets most."""

    concepts: list[MetConceptAnswer]
    unmet: list[str]
    sentence: str


class HitAnswer(BaseModel):
    """A hit: see ``similarity.Hit``."""

    score: float
    page: int | None
    article: ArticleHead
    more: list[StoryArticle]
    phrase_checked: bool | None = None
    route: str | None = None
    parts: dict[str, float] | None = None
    words: list[WordShare] | None = None
    passage: str | None = None
    explanation: ExplanationAnswer | None = None


class IndexAnswer(BaseModel):
    """How many articles can be found, and the highest revision of one."""

    articles: int
    newest: int


class SearchAnswer(BaseModel):
    """The answer to a question: see ``similarity.answers.answer.Answer``."""

    total: int
    at_least: bool
    stories: int | None
    cursor: str | None
    off: list[str]
    unknown: list[str]
    took_ms: float
    index: IndexAnswer
    hits: list[HitAnswer]
    same_story: list[StoryArticle] | None = None


class KeywordsAnswer(BaseModel):
    """The keywords of an article."""

    id: str
    keywords: list[Keyword]


class RelatedAnswer(BaseModel):
    """The terms that go with ``term``; ``off`` says why there are none where too little is stored or trained."""

    term: str
    related: list[Related]
    off: list[str]


class StoryAnswer(BaseModel):
    """A story: how many articles from which sources, and its articles, the earliest first."""

    id: str
    articles: int
    sources: list[str]
    first: StoryArticle
    newest: datetime | None
    members: list[StoryArticle]


class StoriesAnswer(BaseModel):
    """Stories with an article published since a moment, the biggest first; ``total``: how many there are."""

    since: datetime
    total: int
    stories: list[StoryAnswer]


class TermAnswer(BaseModel):
    """A term of the glossary that was counted, under all its names."""

    names: list[str]
    category: str


class PeriodAnswer(BaseModel):
    """A period of a trend: see ``similarity.Period``."""

    start: date
    end: date
    sources: dict[str, int]
    articles: int
    of: int
    share: float | None


class TrendLine(BaseModel):
    """A topic over time: see ``similarity.Trend``."""

    text: str
    by: str
    terms: list[TermAnswer]
    words: list[str]
    periods: list[PeriodAnswer]
    articles: int
    undated: int


class TrendAnswer(BaseModel):
    """Up to five topics over time."""

    trends: list[TrendLine]


class RunAnswer(BaseModel):
    """A run of a source."""

    verdict: str
    why: str
    started: datetime
    ended: datetime
    found: int = 0
    taken: int = 0
    new: int = 0
    changed: int = 0
    coverage: dict[str, float | None] = Field(default_factory=dict)


class SourceAnswer(BaseModel):
    """A source: its row of the table, how its runs went, and what is stored of it."""

    number: int
    key: str
    name: str
    name_zh: str
    category: str
    address: str
    note: str
    language: str
    keep: str
    enabled: bool
    verdict: str
    why: str
    last: datetime | None
    last_good: datetime | None
    history: list[str]
    fault: str
    job: str
    next_by: datetime | None
    window: str
    silent_since: datetime | None
    articles: int
    newest: datetime | None


class SourcesAnswer(BaseModel):
    """All sources in the order of the table."""

    sources: list[SourceAnswer]


class SourceWithRuns(SourceAnswer):
    """A source with its runs of 14 days, the newest first."""

    runs: list[RunAnswer]


class HealthAnswer(BaseModel):
    """Whether the server is alive or ready."""

    status: str


class StatsAnswer(BaseModel):
    """How much is stored: see ``store.documents.overview.Overview``."""

    articles: int
    sources: dict[str, int]
    languages: dict[str, int]
    kinds: dict[str, int]
    months: dict[str, int]
    bytes: dict[str, int]
