"""Loading in another program: names of the flow file, missing modules, changed code."""

import sys
import types

import msgspec
import pytest

from stepwell.artifacts.reader import ArtifactReader
from stepwell.artifacts.writer import ArtifactWriter
from stepwell.base.errors import ArtifactError

FLOW_FILE = """
import dataclasses

@dataclasses.dataclass
class Config:
    rate: float

    class Inner:
        pass

def helper(number):
    return number * 2

def make():
    return lambda number: Config(helper(number))
"""


@pytest.fixture
def flow_file():
    """The flow file as `__main__`, as in a task; another program's `__main__` afterwards."""

    def load():
        module = types.ModuleType("__main__")
        exec(FLOW_FILE, module.__dict__)
        return module

    return load


@pytest.fixture
def stored(flow_file, monkeypatch, blobs):
    """References of values that the flow file made."""
    with monkeypatch.context() as patch:
        module = flow_file()
        patch.setitem(sys.modules, "__main__", module)
        values = {
            "config": module.Config(0.5),
            "inner": module.Config.Inner(),
            "helper": module.helper,
            "class": module.Config,
            "made": module.make(),
            "mixed": [module.Config(0.5), lambda: 1],
        }
        writer = ArtifactWriter(blobs)
        refs = {name: writer.store(name, value) for name, value in values.items()}
        reader = ArtifactReader(blobs)
        # Within the flow's own program, classes are the very same.
        assert type(reader.load(refs["config"])) is module.Config
        assert type(reader.load(refs["mixed"])[0]) is module.Config
        assert type(reader.load(refs["made"])(2)) is module.Config
    return refs


def test_names_of_the_flow_file_come_from_the_module_given(stored, blobs, flow_file):
    calls = []

    def main_module():
        calls.append(1)
        return module

    module = flow_file()
    reader = ArtifactReader(blobs, main_module)
    assert reader.load(stored["config"]) == module.Config(0.5)
    assert type(reader.load(stored["inner"])) is module.Config.Inner
    assert reader.load(stored["helper"]) is module.helper
    assert reader.load(stored["class"]) is module.Config
    assert reader.load(stored["mixed"])[0] == module.Config(0.5)
    assert reader.load(stored["made"])(3) == module.Config(6)
    assert calls


def test_the_module_is_not_asked_for_without_need(writer, blobs):
    def main_module():
        raise AssertionError

    assert ArtifactReader(blobs, main_module).load(writer.store("x", {1: 2})) == {1: 2}


def test_without_the_flow_file_the_artifact_is_named(stored, reader):
    with pytest.raises(ArtifactError, match=r"artifact `config`.*cannot be loaded: AttributeError.*Config") as caught:
        reader.load(stored["config"], "config")
    assert "the code or a package has changed" in caught.value.hint


def test_a_missing_module_is_named_with_the_package_to_install(monkeypatch, writer, reader):
    from sklearn.linear_model import LinearRegression

    ref = writer.store("model", LinearRegression())
    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ArtifactError) as caught:
        reader.load(ref, "model")
    assert caught.value.message.startswith("artifact `model` needs module `sklearn")
    assert caught.value.message.endswith("which is not installed here")
    assert caught.value.hint == "pip install scikit-learn"


class Fails:
    def __reduce__(self):
        return int, ("seven",)


def test_what_loading_raises_is_told_with_the_type(writer, reader):
    with pytest.raises(ArtifactError, match=rf"artifact `x` \(a `{__name__}.Fails`\) cannot be loaded: ValueError"):
        reader.load(writer.store("x", Fails()), "x")


@pytest.mark.parametrize("inline", [b"", b"\x80", b"\x80\x05K\x01", b"garbage", b"\x93SWC\x01\r\n\x00"])
def test_a_damaged_inline_value_is_an_error_of_ours(inline, writer, reader):
    from stepwell.base.errors import StepwellError

    ref = msgspec.structs.replace(writer.store("x", (1,)), inline=inline)
    with pytest.raises(StepwellError, match="artifact `x`"):
        reader.load(ref, "x")
