"""What cannot be stored is refused with the path to the offending part, its type, and a cure."""

import asyncio
import collections
import dataclasses
import functools
import io
import queue
import socket
import sqlite3
import sys
import threading

import numpy as np
import pandas as pd
import pytest

from stepwell.base.errors import ArtifactError, StepwellError


class Thing:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Slotted:
    __slots__ = ("inner",)


@dataclasses.dataclass
class Settings:
    name: str
    handles: dict


Pair = collections.namedtuple("Pair", "left right")  # noqa: PYI024


def message_for(writer, value):
    with pytest.raises(ArtifactError) as caught:
        writer.store("model", value)
    assert caught.value.hint
    return caught.value.message


def lock():
    return threading.Lock()


def slotted(inner):
    thing = Slotted()
    thing.inner = inner
    return thing


def closure_over(value):
    return lambda: value


def cyclic():
    thing = Thing(name="loop", parts=[])
    thing.me = thing
    thing.parts.append({"back": thing, "lock": lock()})
    return thing


SHAPES = {
    "self.model": lock,
    "self.model['a']": lambda: {"b": 1, "a": lock()},
    "self.model['a'][2]": lambda: {"a": [1, 2, lock()]},
    "self.model[0][1]": lambda: ((1, lock()),),
    "self.model.layers[3].lock": lambda: Thing(layers=[Thing(), Thing(), Thing(), Thing(lock=lock())]),
    "self.model.inner": lambda: slotted(lock()),
    "self.model.inner.inner": lambda: slotted(slotted(lock())),
    "self.model.left.x": lambda: Pair(Thing(x=lock()), 1),
    "self.model.handles['db']": lambda: Settings("a", {"db": lock()}),
    "self.model.parts[0]['lock']": cyclic,
    "self.model[5].lock": lambda: collections.deque([1] * 5 + [Thing(lock=lock())]),
    "self.model.__self__.lock": lambda: Thing.__init__.__get__(Thing(lock=lock())),
    "self.model.<variable value>": lambda: closure_over(lock()),
    "self.model.func.<variable value>": lambda: functools.partial(closure_over(lock())),
    "self.model[2]": lambda: np.array([1, "a", lock()], dtype=object),
    "self.model.flat[3]": lambda: np.array([[1, "a"], [2, lock()]], dtype=object),
    "self.model['b'].iloc[1]": lambda: pd.DataFrame({"a": [1, 2], "b": [{}, lock()]}),
    "self.model.iloc[1]": lambda: pd.Series([1, lock()], dtype=object),
    "self.model[3].mutex": lambda: [1, 2, 3, queue.Queue()],
    "self.model[700]": lambda: [[n] for n in range(700)] + [lock()] + list(range(1000)),
}


@pytest.mark.parametrize("path", SHAPES)
def test_the_path_leads_to_the_offending_part(path, writer):
    message = message_for(writer, SHAPES[path]())
    assert message == f"artifact `model` cannot be stored: `{path}` is a `_thread.lock`"


def test_the_error_chains_to_the_cause(writer):
    with pytest.raises(ArtifactError) as caught:
        writer.store("x", lock())
    assert isinstance(caught.value.__cause__, TypeError)


def test_odd_keys_are_named_by_their_type(writer):
    assert "`self.model[<tuple>]` is a `_thread.lock`" in message_for(writer, {(1, 2): lock()})
    assert "`self.model.<member>` is a `_thread.lock`" in message_for(writer, {lock()})


def open_things(tmp_path):
    yield "generator", (n for n in "ab")
    yield "_io.TextIOWrapper", (tmp_path / "a").open("w+")
    yield "_io.TextIOWrapper", (tmp_path / "a").open()
    yield "_io.BufferedReader", (tmp_path / "a").open("rb")
    yield "socket.socket", socket.socket()
    yield "sqlite3.Connection", sqlite3.connect(":memory:")
    yield "_thread.RLock", threading.RLock()
    yield "memoryview", memoryview(b"abc")
    yield "frame", sys._getframe()


def test_handles_are_refused_with_their_type_and_a_cure(writer, tmp_path):
    for kind, handle in open_things(tmp_path):
        with pytest.raises(ArtifactError) as caught:
            writer.store("x", {"h": handle})
        assert f"`self.x['h']` is a `{kind}`" in caught.value.message
        assert "names start with `__`" in caught.value.hint
        if hasattr(handle, "close"):
            handle.close()


def test_coroutines_are_refused(writer):
    async def work():
        return 1

    pending = work()
    assert "is a `coroutine`" in message_for(writer, pending)
    assert asyncio.run(pending) == 1


class Raises:
    def __init__(self, error):
        self.error = error

    def __reduce__(self):
        raise self.error


class RaisesState:
    def __getstate__(self):
        return {"rate": 1 / 0}


class BadMessage(Exception):
    def __str__(self):
        raise ValueError


def test_what_the_value_itself_raises_is_told(writer):
    message = message_for(writer, [Raises(ValueError("no such thing\nas this"))])
    assert message == (
        f"artifact `model` cannot be stored: `self.model[0]` is a `{__name__}.Raises` "
        "(pickling it raised `ValueError: no such thing as this`)"
    )
    assert "pickling it raised `ZeroDivisionError" in message_for(writer, Thing(a=RaisesState()))
    assert "`self.model.a` is a" in message_for(writer, Thing(a=RaisesState()))
    assert "(cannot be sent)" in message_for(writer, Raises(TypeError("cannot be sent")))
    assert "pickling it raised `BadMessage: ?`" in message_for(writer, Raises(BadMessage()))


def test_an_error_of_ours_keeps_its_message_and_cure(writer):
    with pytest.raises(ArtifactError) as caught:
        writer.store("x", [Raises(StepwellError("a flow cannot be stored", hint="store its values"))])
    assert caught.value.message == "artifact `x` cannot be stored: a flow cannot be stored"
    assert caught.value.hint == "store its values"


def test_a_value_that_is_nested_too_deeply_is_refused(writer):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert "nested too deeply" in message_for(writer, deep)
    while deep:
        deep = deep[0]


def test_a_lack_of_memory_is_told(writer):
    assert "not enough memory" in message_for(writer, Raises(MemoryError()))


def test_ctrl_c_while_storing_passes_through(writer):
    with pytest.raises(KeyboardInterrupt):
        writer.store("x", Raises(KeyboardInterrupt()))


class MakesItsState:
    def __getstate__(self):
        return {"fresh": [(n for n in "ab")]}


def test_a_part_that_exists_only_while_pickling_is_named_by_type(writer):
    message = message_for(writer, {"a": MakesItsState()})
    assert message == "artifact `model` cannot be stored: it holds a `generator`"


def test_the_search_survives_hostile_parts(writer):
    class Hostile:
        def __getattr__(self, name):
            raise RuntimeError(name)

        def __reduce_ex__(self, protocol):
            return Thing, ()

    assert "`self.model[1].lock`" in message_for(writer, [Hostile(), Thing(lock=lock())])


def test_a_huge_value_is_searched_within_bounds(writer):
    value = [[n] for n in range(400_000)]
    value.append(Thing(deep=Thing(lock=lock())))
    assert "holds a `_thread.lock`" in message_for(writer, value)
    value[-1] = lock()
    assert "`self.model[400000]` is a `_thread.lock`" in message_for(writer, value)


def test_refused_values_leave_the_writer_usable(writer, reader, store):
    with pytest.raises(ArtifactError):
        writer.store("x", [np.arange(300_000.0), io.StringIO(), lock()])
    assert list(store.keys("blobs/")) == []
    assert reader.load(writer.store("y", 1)) == 1
