"""Pickles that another program wrote: plain data is read, nothing is run, the rest is kept as it is."""

from __future__ import annotations

import collections
import datetime as dt
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stepwell.artifacts.foreign_pickles import NotPlain, read_plain, take_over
from stepwell.artifacts.reader import ArtifactReader
from stepwell.store.blobs import BlobStore
from stepwell.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable


class Evil:
    def __init__(self, call: Callable[..., Any], *arguments: Any) -> None:
        self.call = (call, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.fixture
def blobs() -> BlobStore:
    return BlobStore(MemoryStore("memory://foreign"))


@pytest.mark.parametrize(
    "value",
    [
        None,
        [1, 2.5, "text", b"bytes", True],
        {"a": {"b": (1, {2, 3})}},
        collections.OrderedDict(z=1, a=2),
        dt.datetime(2024, 5, 1, tzinfo=dt.UTC),
        frozenset({1}),
        bytearray(b"x"),
        range(3),
    ],
    ids=repr,
)
@pytest.mark.parametrize("protocol", [4, 5])
def test_plain_values_are_read(value: object, protocol: int) -> None:
    assert read_plain(pickle.dumps(value, protocol=protocol)) == value


@pytest.mark.parametrize("call", [os.system, os.mkdir, eval, getattr, __import__])
def test_nothing_is_called(call: Callable[..., Any], tmp_path: Path) -> None:
    made = tmp_path / "made"
    argument = f"__import__('os').mkdir({str(made)!r})" if call is eval else str(made)
    with pytest.raises(NotPlain):
        read_plain(pickle.dumps(Evil(call, argument)))
    assert not made.exists()


@pytest.mark.parametrize("damaged", [b"", b"\x80\x04", b"no pickle at all", pickle.dumps([1] * 100)[:50]])
def test_damaged_pickles_are_not_plain(damaged: bytes) -> None:
    with pytest.raises(NotPlain):
        read_plain(damaged)


def test_a_type_of_another_program_is_read_as_its_stand_in() -> None:
    class Mine:
        state: Any = None

        def __setstate__(self, state: Any) -> None:
            self.state = state

    stream = pickle.dumps(Path("x"), protocol=4)
    with pytest.raises(NotPlain):
        read_plain(stream)
    there = pickle.dumps(Theirs(7), protocol=4)
    value = read_plain(there, {(__name__, "Theirs"): Mine})
    assert type(value) is Mine
    assert value.state == {"n": 7}
    assert type(read_plain(there, {("", "Theirs"): Mine})) is Mine


class Theirs:
    def __init__(self, n: int) -> None:
        self.n = n


@pytest.mark.parametrize("size", [1, 100_000])
def test_a_pickle_is_taken_over_and_loads_when_asked_for(blobs: BlobStore, size: int) -> None:
    value = dt.date(2024, 5, 1), "x" * size
    ref = take_over(pickle.dumps(value, protocol=4), "builtins.tuple", blobs)
    assert (ref.type, ref.serializer) == ("builtins.tuple", "pickle")
    assert "tuple" in ref.preview
    assert (ref.inline is not None) == (size == 1)
    assert ArtifactReader(blobs).load(ref) == value
