"""Collections, validators and MongoDB indexes, as they come to be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import uuid4

from pymongo.database import Database

from store import schema
from store.connection import Document, another_database, connect
from store.index import snapshot

ROUNDS = 10


def test_no_reader_finds_a_collection_without_the_index_that_it_names(server: str) -> None:
    """A server that is started on an empty database reads it while its collections are created."""
    reads = 0
    for _ in range(ROUNDS):
        with connect(another_database(server, f"test_{uuid4().hex[:12]}")).client as client:
            database: Database[Document] = client.get_default_database()
            created = Event()

            def read(database: Database[Document] = database, created: Event = created) -> int:
                number = 0
                while not created.is_set():
                    assert snapshot.read(database).pending == ()
                    number += 1
                return number

            with ThreadPoolExecutor(3) as pool:
                readers = [pool.submit(read) for _ in range(3)]
                try:
                    schema.create_collections(database)
                finally:
                    created.set()
                reads += sum(reader.result() for reader in readers)
            client.drop_database(database.name)
    assert reads > ROUNDS


def test_collections_have_their_validators_and_indexes(database: Database[Document]) -> None:
    for _ in range(2):  # the second time changes nothing
        schema.create_collections(database)
        found = {row["name"]: row["options"].get("validator") for row in database.list_collections()}
        assert found == {name: schema.validator_of(name) for name in schema.VALIDATORS}
        for name, indexes in schema.INDEXES.items():
            assert {index.document["name"] for index in indexes} == database[name].index_information().keys() - {"_id_"}


def test_a_validator_that_differs_is_replaced(database: Database[Document]) -> None:
    database.create_collection("articles", validator={"title": {"$exists": True}})
    schema.create_collections(database)
    (found,) = database.list_collections(filter={"name": "articles"})
    assert found["options"]["validator"] == schema.validator_of("articles")
