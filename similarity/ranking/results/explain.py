"""Why an article was found: how it meets each concept of the query, in its own words, and the sentence that answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from similarity.query.concepts import ParsedConcept
from similarity.query.hybrid_query import HybridQuery
from similarity.ranking.hybrid.scoring import BIGRAM, CONCEPT, DENSE, LEXICAL, TRANSLATED
from store.article import Article
from text.analysis.analyzer import Analyzer
from text.analysis.bigrams import bigrams
from text.analysis.document import concept_token
from text.embedding.passages import sentences

_SHOWN_CHARACTERS = 160  # of a sentence, on the screen
_MAX_SURFACES = 3  # ways of saying a concept that are named
_MAX_SENTENCES = 200  # that are compared; a report says what it is about long before
_PART_NAMES = {
    LEXICAL: "词 words",
    BIGRAM: "二字 pairs",
    CONCEPT: "概念 concepts",
    TRANSLATED: "译词 translated",
    DENSE: "语义 meaning",
}


class MetConcept(NamedTuple):
    """A concept as the query has it, its kind and weight, how far it is met (0 to 1), and how the article says it.

    ``by``: words of the article; () for a concept that is not met, or where the article's text is not kept. The names
    of the fields are keys of the JSON output.
    """

    concept: str
    kind: str
    weight: float
    met: float
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The concepts of a query, those that the article does not meet, and the sentence that meets most of them.

    ``sentence``: "" where no sentence of what is kept meets any.
    """

    concepts: tuple[MetConcept, ...]
    unmet: tuple[str, ...]
    sentence: str = ""


class ExplainedHit(Protocol):
    """The fields of ``Hit`` that ``explanation_lines`` shows."""

    @property
    def parts(self) -> Mapping[str, float]: ...
    @property
    def explanation(self) -> Explanation | None: ...


@dataclass(frozen=True)
class Explainer:
    """Explains hits of one query."""

    query: HybridQuery
    analyzer: Analyzer
    _concepts_by_token: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for place, concept in enumerate(self.query.concepts):
            for token in _tokens_of(concept.concept):
                self._concepts_by_token[token].append(place)

    def explain(self, article: Article, met: Sequence[float], page: int | None) -> Explanation:
        """How *article* meets each concept; *met*: how far, 0 to 1 each. *page*: of a report, from 1."""
        texts = [article.title, article.texts[page - 1] if page and page <= len(article.texts) else article.texts[0]]
        surfaces: dict[int, dict[str, None]] = defaultdict(dict)
        best, sentence = 0.0, ""
        for number, text in enumerate([texts[0], *sentences(texts[1])[:_MAX_SENTENCES]]):
            found = self._surfaces(text)
            for place, names in found.items():
                surfaces[place].update(names)
            weight = sum(self.query.concepts[place].weight for place in found)
            # The title is known already; a sentence of the text that says as much says more about it.
            if weight > best or (number and weight == best and sentence == texts[0]):
                best, sentence = weight, text
        concepts = tuple(
            MetConcept(
                concept.concept.surface,
                concept.concept.kind.value,
                concept.weight,
                share,
                tuple(surfaces[place])[:_MAX_SURFACES] if share else (),
            )
            for place, (concept, share) in enumerate(zip(self.query.concepts, met, strict=True))
        )
        return Explanation(concepts, tuple(concept.concept for concept in concepts if not concept.met), sentence)

    def _surfaces(self, text: str) -> dict[int, dict[str, None]]:
        """By place of a concept, how *text* says it."""
        found: dict[int, dict[str, None]] = defaultdict(dict)
        for match in self.analyzer.terms_of_trade(text):
            for place in self._concepts_by_token.get(concept_token(match.term), ()):
                found[place][text[match.start : match.end]] = None
        for token in (*self.analyzer.tokens(text), *bigrams(text)):
            for place in self._concepts_by_token.get(token, ()):
                found[place][token] = None
        return found


def _tokens_of(concept: ParsedConcept) -> list[str]:
    tokens = [concept.word] if concept.word else []
    tokens += [token for token, _ in concept.tokens]
    tokens += [token for token, share in concept.translations if share == 1]
    if concept.is_han and len(concept.bigram_parts) == 1:
        tokens += concept.bigram_parts  # a word of two characters, however it was cut
    return list(dict.fromkeys(tokens))


def explanation_lines(hit: ExplainedHit) -> list[str]:
    """The lines that ``--explain`` prints below a hit; none for a hit of another model than the default one."""
    if not hit.parts or hit.explanation is None:
        return []
    parts = [f"{_PART_NAMES[part]} {value:.3f}" for part, value in hit.parts.items() if value]
    met = [_shown(concept) for concept in hit.explanation.concepts if concept.met]
    lines = ["符合 meets: " + (", ".join(met) or "—")]
    if hit.explanation.unmet:
        lines.append("未见 lacks: " + ", ".join(hit.explanation.unmet))
    if hit.explanation.sentence:
        text = " ".join(hit.explanation.sentence.split())
        shown = text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
        lines.append(f"句子 sentence: {shown}")
    lines.append("得分构成 score parts: " + " + ".join(parts))
    return lines


def _shown(concept: MetConcept) -> str:
    """Such as "资本开支 → capital budget": the query's name of a concept, and the article's where it is another."""
    others = [name for name in concept.by if name != concept.concept]
    part = "" if concept.met > 0.99 else f" ({concept.met:.0%})"
    return f"{concept.concept}{' → ' + ', '.join(others) if others else ''}{part}"
