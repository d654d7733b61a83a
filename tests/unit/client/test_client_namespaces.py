"""The namespace filters what is seen; the datastore looked at can be changed."""

from __future__ import annotations

import os

import pytest

from stepwell.base.errors import NamespaceMismatch, NotFound, UsageError
from stepwell.client import (
    Flow,
    Metaflow,
    Run,
    default_metadata,
    default_namespace,
    get_metadata,
    get_namespace,
    metadata,
    namespace,
)
from stepwell.client.session import ClientSession, set_default_session


@pytest.fixture
def place(builder, monkeypatch, tmp_path):
    """The working directory of alice, with runs of alice and bob."""
    builder.whole_run()
    builder.whole_run(user="bob")
    builder.whole_run(user="bob", flow="G")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STEPWELL_USER", "alice")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("STEPWELL_NAMESPACE", "STEPWELL_DATASTORE"):
        monkeypatch.delenv(name, raising=False)
    set_default_session(None)
    yield tmp_path
    set_default_session(None)


def test_the_default_namespace_is_the_users(place):
    assert get_namespace() == "user:alice"
    assert [flow.id for flow in Metaflow()] == ["F"]
    assert [run.id for run in Flow("F")] == ["1"]
    assert Flow("F").latest_run.id == "1"
    assert Flow("F").latest_successful_run.id == "1"


def test_an_object_of_another_namespace_is_refused_with_the_cure(place):
    for make in (lambda: Run("F/2"), lambda: Flow("F")["2"], lambda: Flow("G"), lambda: Metaflow()["G"]):
        with pytest.raises(NamespaceMismatch, match="Object not in namespace 'user:alice'") as error:
            make()
        assert "namespace(None)" in error.value.hint
    assert "2" in Flow("F")


def test_the_global_namespace_sees_everything(place):
    assert namespace(None) is None
    assert [run.id for run in Flow("F")] == ["2", "1"]
    assert Run("F/2").is_in_namespace()
    assert Metaflow()["G"].latest_run.id == "1"
    assert default_namespace() == "user:alice" == get_namespace()


def test_any_tag_is_a_namespace(place):
    assert namespace("user:bob") == "user:bob"
    assert [run.id for run in Flow("F")] == ["2"]
    assert not Run.of(ClientSession(namespace="user:zoe"), Run("F/2")._row).is_in_namespace()


def test_the_setting_chooses_the_default_namespace(place, monkeypatch):
    monkeypatch.setenv("STEPWELL_NAMESPACE", "user:bob")
    assert [run.id for run in Flow("F")] == ["2"]
    set_default_session(None)
    monkeypatch.setenv("STEPWELL_NAMESPACE", "")
    assert [run.id for run in Flow("F")] == ["2", "1"]


def test_another_datastore_can_be_looked_at(place):
    os.mkdir(place / "elsewhere")
    os.mkdir(place / "elsewhere" / ".stepwell")
    expected = f"local@{place / 'elsewhere' / '.stepwell'}"
    assert metadata(str(place / "elsewhere")) == expected == get_metadata()
    assert list(Metaflow()) == []
    assert metadata(f"local@{place}") == f"local@{place / '.stepwell'}"
    assert [flow.id for flow in Metaflow()] == ["F"]
    metadata(str(place / "elsewhere"))
    assert default_metadata() == f"local@{place / '.stepwell'}"


def test_a_place_without_a_datastore_is_refused_and_changes_nothing(place):
    before = get_metadata()
    with pytest.raises(NotFound):
        metadata(str(place / "nothing"))
    with pytest.raises(UsageError):
        metadata("service@https://example.org")
    assert get_metadata() == before


def test_sessions_stand_side_by_side(place, builder):
    everything = ClientSession(builder.datastore, namespace=None)
    assert [run.id for run in Flow("F", session=everything)] == ["2", "1"]
    assert [run.id for run in Flow("F")] == ["1"]
    everything.close()


def test_without_a_datastore_the_error_says_what_to_do(place, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    set_default_session(None)
    with pytest.raises(NotFound) as error:
        Flow("F")
    assert "STEPWELL_DATASTORE" in error.value.hint
