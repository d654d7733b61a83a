"""`metaflow` and the modules below it are names for Stepwell's own."""

from __future__ import annotations

import importlib
import pickle
import sys
from types import ModuleType

import pytest

import stepwell
from stepwell.base import errors
from stepwell.base.compat_names import recorded_name
from stepwell.base.errors import StepwellError
from stepwell.compat import install, is_installed
from stepwell.compat.absent import MissingFeature, is_absent
from stepwell.compat.mode import install_from_environment
from stepwell.compat.modules import EXCEPTIONS, known_modules, names_of
from stepwell.task.boundary import describe_failure

pytestmark = pytest.mark.usefixtures("compat")


def test_public_names_are_the_same_objects() -> None:
    metaflow = importlib.import_module("metaflow")
    shared = [name for name in names_of("metaflow") if name in stepwell.__all__]
    assert {"FlowSpec", "step", "Parameter", "current", "Flow", "retry"} <= set(shared)
    for name in shared:
        assert getattr(metaflow, name) is getattr(stepwell, name), name


def test_the_client_is_one_module_under_two_names() -> None:
    spec = sys.modules["stepwell.client"].__spec__ if "stepwell.client" in sys.modules else None
    client = importlib.import_module("metaflow.client")
    assert client is importlib.import_module("stepwell.client")
    assert client.__name__ == "stepwell.client"
    assert client.__spec__ is not None
    assert client.__spec__.name == "stepwell.client"
    assert spec is None or client.__spec__ is spec
    assert importlib.import_module("metaflow.client.core").Run is stepwell.Run


@pytest.mark.parametrize("name", known_modules())
def test_every_module_and_each_of_its_names_imports(name: str) -> None:
    module = importlib.import_module(name)
    assert isinstance(module, ModuleType)
    for attribute in names_of(name):
        assert hasattr(module, attribute)


def test_all_names_can_be_imported_at_once() -> None:
    found: dict[str, object] = {}
    exec("from metaflow import *", found)
    assert found["FlowSpec"] is stepwell.FlowSpec
    exec("from metaflow.cards import *", found)
    assert "Markdown" in found


def test_what_is_not_there_yet_imports_and_says_so_when_it_is_used() -> None:
    storage = importlib.import_module("metaflow").S3
    assert is_absent(storage)
    with pytest.raises(MissingFeature, match=r"`metaflow\.S3` is not there yet") as caught:
        storage(run="x")
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, StepwellError)
    assert "boto3" in str(caught.value)
    with pytest.raises(MissingFeature):
        storage.get_many
    assert not isinstance(3, storage)


def test_what_never_was_there_is_named_with_what_may_be_meant() -> None:
    metaflow = importlib.import_module("metaflow")
    with pytest.raises(AttributeError, match="did you mean `Parameter`"):
        metaflow.Parametr
    with pytest.raises(ImportError, match="Parametr"):
        exec("from metaflow import Parametr")
    with pytest.raises(ModuleNotFoundError, match=r"did you mean `metaflow\.client`"):
        importlib.import_module("metaflow.clients")


def test_a_module_of_ours_is_not_loaded_twice_under_metaflows_name() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("metaflow.flow")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("metaflow.client.session")


def test_catching_metaflows_exception_catches_every_error_of_ours() -> None:
    exception = importlib.import_module("metaflow.exception")
    with pytest.raises(exception.MetaflowException):
        raise errors.NotFound("nothing there")
    with pytest.raises(exception.UnhandledInMergeArtifactsException) as caught:
        raise errors.MergeConflict("differs", ["x"])
    assert caught.value.artifact_names == ["x"]


def test_exceptions_are_made_as_in_metaflow() -> None:
    exception = importlib.import_module("metaflow.exception")

    class OutOfTea(exception.MetaflowException):  # type: ignore[misc, name-defined]
        headline = "No tea"

        def __init__(self, cups: int) -> None:
            super().__init__(msg=f"{cups} cups are missing", lineno=3)

    error = OutOfTea(2)
    assert (str(error), error.message, error.headline, error.line_no) == ("2 cups are missing",) * 2 + ("No tea", 3)
    again = pickle.loads(pickle.dumps(exception.MetaflowException("as it was")))
    assert str(again) == "as it was"


@pytest.mark.parametrize("module", sorted(EXCEPTIONS))
def test_every_exception_can_be_caught_by_its_name(module: str) -> None:
    root = importlib.import_module("metaflow.exception").MetaflowException
    for name in EXCEPTIONS[module]:
        kind = getattr(importlib.import_module(module), name)
        if not is_absent(kind) and name not in {"MetaflowExceptionWrapper", "MulticoreException"}:
            assert issubclass(kind, root), name


def test_records_call_exceptions_by_metaflows_names() -> None:
    assert recorded_name("stepwell.base.errors.MergeConflict") == (
        "metaflow.exception.UnhandledInMergeArtifactsException"
    )
    assert describe_failure(errors.InvalidNext("no")).type == "metaflow.flowspec.InvalidNextException"
    assert describe_failure(ValueError("no")).type == "ValueError"


def test_turning_it_on_twice_changes_nothing() -> None:
    finders = list(sys.meta_path)
    install()
    assert sys.meta_path == finders
    assert is_installed()


def test_the_version_says_both() -> None:
    metaflow = importlib.import_module("metaflow")
    assert metaflow.__version__.startswith("2.")
    assert metaflow.__version__.endswith(f"+stepwell.{stepwell.__version__}")


def test_a_value_that_is_not_known_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    install_from_environment("airflow")
    assert "`STEPWELL_COMPAT` is `airflow`, which is not known" in capsys.readouterr().err
    install_from_environment("0")
    assert capsys.readouterr().err == ""
