"""What a config holds: a mapping whose keys are attributes, and that nothing can change."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from stepwell import ConfigValue

DATA = {"a": {"b": [1, {"c": 2}]}, "items": 3}


def test_keys_are_attributes_at_every_depth():
    value = ConfigValue(DATA)
    assert value.a.b[1].c == 2
    assert value["a"]["b"][0] == 1
    assert value["items"] == 3
    assert "a" in value
    assert list(value) == ["a", "items"]


@pytest.mark.parametrize(
    "change",
    [
        lambda v: setattr(v, "a", 1),
        lambda v: v.__setitem__("a", 1),
        lambda v: delattr(v, "a"),
        lambda v: v.pop("a"),
        lambda v: v.update(a=1),
        lambda v: v.__ior__({"a": 1}),
        lambda v: v.a.b.append(1),
        lambda v: v.a.b.__setitem__(0, 1),
        lambda v: v.a.b[1].clear(),
    ],
)
def test_nothing_in_it_can_be_changed(change):
    value = ConfigValue(DATA)
    with pytest.raises(TypeError, match="immutable"):
        change(value)
    assert value == DATA


def test_a_plain_copy_can_be_changed_and_changes_nothing_else():
    value = ConfigValue(DATA)
    plain = value.to_dict()
    plain["a"]["b"].append(3)
    assert type(plain["a"]) is dict
    assert type(plain["a"]["b"]) is list
    assert value == DATA


def test_it_is_a_dict_to_whoever_wants_one():
    value = ConfigValue(DATA)
    assert json.loads(json.dumps(value)) == DATA
    assert {**value} == DATA
    assert isinstance(value, dict)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_are_values_too(copied):
    found = copied(ConfigValue(DATA))
    assert found == DATA
    assert found.a.b[1].c == 2


def test_a_key_that_is_not_there_names_the_nearest():
    with pytest.raises(AttributeError, match="no key `itmes`; did you mean `items`"):
        _ = ConfigValue(DATA).itmes
    with pytest.raises(AttributeError, match="its keys are: `a`, `items`"):
        _ = ConfigValue(DATA).zzz
