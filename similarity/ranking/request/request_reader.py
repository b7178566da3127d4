"""A search as it is run: the words that rank, and which articles may be found.

``RequestReader`` makes it of a text with operators (``similarity.query.syntax``) and of the options.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from pymongo.database import Database

from similarity.errors import QueryError
from similarity.option_values import KINDS
from similarity.query.syntax import Syntax, is_pasted, parse, parse_item
from similarity.query.term_ids import TermIds
from similarity.ranking.filter import ALL, Clause, Filter, TokenIds
from similarity.ranking.request.options import SearchOptions, Values, several
from similarity.ranking.request.phrases import Phrase, folded, phrase
from similarity.ranking.state import State
from store.connection import Document
from store.index import dictionary
from text.analysis.analyzer import Analyzer
from text.analysis.document import concept_token
from text.analysis.glossary import Term, glossary, is_name
from text.language import ALL_HAN

_HAN = re.compile(f"[{ALL_HAN}]")
_USUAL_KIND = "news"


@dataclass(frozen=True)
class Request:
    """One search: ``text`` is what is analysed and embedded; ``any_of`` its alternatives, see ``Syntax``.

    Only articles that pass ``article_filter`` may be found. An article must have each of ``phrases``. Those that the
    index cannot tell are ``unchecked``. It must have none of ``without``, each with a filter that passes the articles
    which may have it. The texts are checked in ``similarity.ranking.selection``.
    """

    text: str
    options: SearchOptions
    article_filter: Filter = ALL
    any_of: tuple[tuple[str, ...], ...] = ()
    phrases: tuple[Phrase, ...] = ()
    unchecked: tuple[Phrase, ...] = ()
    without: tuple[tuple[Phrase, Filter], ...] = ()


class RequestReader:
    """Makes requests; safe to use from threads."""

    def __init__(self, database: Database[Document], analyzer: Analyzer, term_ids: TermIds) -> None:
        self._database, self._analyzer, self._term_ids = database, analyzer, term_ids

    def plain(self, state: State, text: str, options: SearchOptions) -> Request:
        """The request of a *text* in which nothing is an operator, and of options without words. Raises QueryError."""
        article_filter = options.filter(state)
        options.check()
        return Request(text, options, article_filter)

    def read(self, state: State, text: str, options: SearchOptions) -> Request:
        """The request of *text* with operators, and of *options*. Raises QueryError."""
        syntax = parse(text) if options.operators else Syntax(text)
        article_filter = options.filter(state, syntax)
        options.check()
        must, must_phrases = _words_and_phrases("must", options.must)
        out, out_phrases = _words_and_phrases("exclude", options.exclude)
        must_phrases, out = [*syntax.phrases, *must_phrases], [*syntax.excluded, *out]
        out_phrases = [*syntax.excluded_phrases, *out_phrases]
        companies = [*several(options.company), *syntax.company]
        self._check_sense(syntax.text, must, must_phrases, out, out_phrases, companies)

        clauses, without = [], []
        if companies:
            clauses.append(self._any_name([self._company(name) for name in companies]))
        for name in must:
            term = glossary().of(name)
            if term is None:
                must_phrases.append(name)
            else:
                clauses.append(self._any_name([self._names(term)]))
        for name in out:
            names = self._excluded_names(name)
            if names is None:
                out_phrases.append(name)
            else:
                without.append(self._any_name([names]))
        phrases = [phrase(wanted, self._analyzer) for wanted in dict.fromkeys(must_phrases)]
        for wanted in phrases:
            clauses += self._clauses(wanted)
        checked_out = []
        for wanted in [phrase(text, self._analyzer) for text in dict.fromkeys(out_phrases)]:
            own = self._clauses(wanted)
            if wanted.is_indexed:
                without += own
            else:
                checked_out.append((wanted, Filter(clauses=frozenset(own))))
        article_filter = replace(article_filter, clauses=frozenset(clauses), without=frozenset(without))
        article_filter = self._of_kinds(state, article_filter, options.kinds(syntax))
        unchecked = tuple(wanted for wanted in phrases if not wanted.is_indexed)
        return Request(
            syntax.text, options, article_filter, syntax.any_of, tuple(phrases), unchecked, tuple(checked_out)
        )

    def _check_sense(
        self,
        text: str,
        wanted: Sequence[str],
        phrases: Sequence[str],
        out: Sequence[str],
        out_phrases: Sequence[str],
        companies: Sequence[str],
    ) -> None:
        """Raise QueryError where what is asked for is excluded: under another name, as a class, as a part of it."""
        asked = {folded(name): name for name in (*wanted, *phrases, *companies)}
        terms = {term: name for name in asked.values() if (term := glossary().of(name))}
        tokens: set[str] = set()
        if out and not is_pasted(text):
            tokens.update(self._analyzer.tokens(text))
            for match in self._analyzer.terms_of_trade(text):
                terms.setdefault(match.term, text[match.start : match.end])
        for name in (*out, *out_phrases):
            term = glossary().of(name) if name in out else None
            if folded(name) in asked or (
                name in out and not term and len(own := self._analyzer.tokens(name)) == 1 and own[0] in tokens
            ):
                message = f"{name!r} is asked for and excluded; leave out one of the two"
                raise QueryError(message, "not", f"{name!r} 既要有又要没有，请去掉一个")
            for one in (term, *glossary().narrower(term)) if term else ():
                if one in terms:
                    message = f"{terms[one]!r} is asked for and is excluded as {name!r}; leave out one of the two"
                    raise QueryError(message, "not", f"要找 {terms[one]!r}，又以 {name!r} 排除了它，请去掉一个")
            excluded = phrase(name, self._analyzer)
            inside = [other for other in phrases if not term and excluded.is_in_text(other)]
            if inside:
                message = f"{name!r} is excluded and is in {inside[0]!r}, which is asked for"
                raise QueryError(message, "not", f"排除了 {name!r}，而要找的 {inside[0]!r} 里有它")

    def _company(self, name: str) -> Names:
        term = glossary().of(name)
        if term is None:
            return Names(words=(tuple(self._analyzer.tokens(name)),))
        if not any(map(is_name, (term, *glossary().narrower(term)))):  # a class of companies has companies as members
            message = f"company {name!r} is no company but a term of {term.category}; write it as a plain word"
            raise QueryError(message, "company", f"{name!r} 不是公司，是术语；请当作普通的词来写")
        return self._names(term)

    def _names(self, term: Term) -> Names:
        """What the index has of the articles that name *term* or one of its members (HBM4 of HBM)."""
        return Names(bigrams=tuple((concept_token(one),) for one in (term, *glossary().narrower(term))))

    def _excluded_names(self, name: str) -> Names | None:
        """What the index has of the articles with the excluded word *name*; None where it is a phrase for the index."""
        term = glossary().of(name)
        if term is not None:
            return self._names(term)
        tokens = self._analyzer.tokens(name)
        # Han words are cut differently in different surroundings: only Latin ones and single characters are tokens.
        single = len(tokens) == 1 and (len(name) == 1 or not _HAN.search(name))
        return Names(words=(tuple(tokens),)) if single else None

    def _any_name(self, names: Sequence[Names]) -> Clause:
        """The articles that have one of *names*."""
        tokens = {token for one in names for name in (*one.words, *one.bigrams) for token in name}
        ids = self._term_ids.ids(tokens)

        def known(of_field: Iterable[tuple[str, ...]]) -> frozenset[TokenIds]:
            return frozenset(tuple(ids[token] for token in name) for name in of_field if all(t in ids for t in name))

        return Clause(known(chain(*(one.words for one in names))), known(chain(*(one.bigrams for one in names))))

    def _clauses(self, wanted: Phrase) -> list[Clause]:
        """What all articles with the phrase *wanted* match."""
        clauses = []
        if wanted.is_indexed and not wanted.bigrams:
            ids = dictionary.ids_of_bigrams(self._database, folded(wanted.text))
            clauses.append(Clause(bigrams=frozenset((token,) for token in ids)))
        if wanted.words:
            clauses.append(self._any_name([Names(words=(tuple(sorted(wanted.words)),))]))
        if wanted.bigrams:
            clauses.append(self._any_name([Names(bigrams=(tuple(sorted(wanted.bigrams)),))]))
        return clauses

    def _of_kinds(self, state: State, article_filter: Filter, kinds: frozenset[str] | None) -> Filter:
        """*article_filter* for articles of one of *kinds* alone (None: of all).

        The index does not have the kind. The database is asked for the articles that are no usual news: they are few.
        """
        if kinds is None:
            return article_filter
        others = _USUAL_KIND in kinds
        asked = frozenset(KINDS) - kinds if others else kinds
        ids = self._ids_of_kinds(state, asked)
        if others:
            return replace(article_filter, without_ids=article_filter.without_ids | ids)
        return replace(article_filter, ids=ids if article_filter.ids is None else article_filter.ids & ids)

    def _ids_of_kinds(self, state: State, kinds: frozenset[str]) -> frozenset[str]:
        """The ids of the articles of *kinds*; read once for each snapshot of the index."""
        if (ids := state.ids_of_kinds.get(kinds)) is None:
            rows = self._database.articles.find({"kind": {"$in": sorted(kinds)}}, {"_id": 1})
            ids = state.ids_of_kinds[kinds] = frozenset(row["_id"] for row in rows)
        return ids


class Names(NamedTuple):
    """Names as tokens: ``words`` (all tokens of one are in an article) or ``bigrams`` (the same, in that field)."""

    words: tuple[tuple[str, ...], ...] = ()
    bigrams: tuple[tuple[str, ...], ...] = ()


def _words_and_phrases(option: str, values: Values) -> tuple[list[str], list[str]]:
    """The values of an option, words apart from phrases in quotation marks. Raises QueryError for an empty one."""
    items = [parse_item(value) for value in several(values)]
    for text, _ in items:
        if not any(map(str.isalnum, text)):
            name = "not" if option == "exclude" else option
            raise QueryError(f"{option} {text!r} is no word and no phrase", name, f"{name} {text!r} 不是词也不是短语")
    return [text for text, quoted in items if not quoted], [text for text, quoted in items if quoted]
