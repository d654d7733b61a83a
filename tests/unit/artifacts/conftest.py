"""A writer and a reader on one real datastore folder."""

import pytest

from stepwell.artifacts.reader import ArtifactReader
from stepwell.artifacts.writer import ArtifactWriter
from stepwell.store.blobs import BlobStore
from stepwell.store.local import LocalStore


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "datastore")


@pytest.fixture
def blobs(store):
    return BlobStore(store)


@pytest.fixture
def writer(blobs):
    return ArtifactWriter(blobs)


@pytest.fixture
def reader(blobs):
    return ArtifactReader(blobs)


@pytest.fixture
def again(writer, reader):
    """Store a value and load it."""
    return lambda value: reader.load(writer.store("x", value), "x")
