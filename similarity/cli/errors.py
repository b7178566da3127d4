"""The errors that commands show in one line. Of these modules a command loads only what it needs, until one fails."""

from __future__ import annotations

from pymongo.errors import PyMongoError

from similarity.answers.export import Incomplete
from similarity.bench import SearchBenchFailed
from similarity.errors import IndexClosed, NotInstalled, QueryError
from similarity.evaluation.datasets import NotATestSet
from similarity.evaluation.floors import FloorsError
from similarity.maintenance.executor import JobError
from store.connection import StoreError, store_error
from store.index.manifest import DamagedManifest
from store.index.preparation import IndexMismatch
from store.index.projections import NoProjection
from store.settings import SettingsError, settings
from store.transfer.dump import ArticleGone

EXPECTED_ERRORS = (
    QueryError,
    IndexClosed,
    NotInstalled,
    Incomplete,
    ArticleGone,
    StoreError,
    IndexMismatch,
    DamagedManifest,
    NoProjection,
    SettingsError,
    JobError,
    NotATestSet,
    FloorsError,
    SearchBenchFailed,
)
"""Errors that a user can do something about: shown in one line, with status 1 or their own. Anything else is a bug."""


def of_mongodb(error: Exception) -> Exception:
    """*error*, or where it is one of MongoDB's driver the StoreError for it."""
    if not isinstance(error, PyMongoError):
        return error
    return store_error(error, settings().mongodb_uri or f"the embedded server of {settings().data}")
