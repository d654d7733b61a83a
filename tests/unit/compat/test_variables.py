"""What is configured for Metaflow, and what becomes of it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from stepwell.base.settings import load_settings, setting_names
from stepwell.compat.variables import (
    config_value,
    counterparts,
    is_first_to_tell,
    tell_variables_without_effect,
    translate_variables,
    without_effect,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("clean_environ")


def test_variables_become_settings() -> None:
    os.environ.update(
        METAFLOW_USER="alice",
        METAFLOW_DATASTORE_SYSROOT_LOCAL="/data",
        METAFLOW_DEFAULT_DECOSPECS="retry:times=2 resources:cpu=1",
        METAFLOW_RUN_MAX_WORKERS="3",
        METAFLOW_RUN_ALPHA="0.5",
    )
    translate_variables(os.environ)
    settings = load_settings()
    assert settings.user == "alice"
    assert settings.datastore == "/data/.stepwell"
    assert settings.default_decorators == ("retry:times=2", "resources:cpu=1")
    assert settings.max_workers == 3
    assert os.environ["STEPWELL_RUN_ALPHA"] == "0.5"
    assert without_effect(os.environ) == []


def test_every_counterpart_is_a_setting_that_there_is() -> None:
    named = {ours.removeprefix("STEPWELL_").lower() for ours in counterparts().values()}
    assert named - set(setting_names()) == {"run_<parameter>", "flow_config", "flow_config_value"}


def test_a_setting_of_our_own_wins() -> None:
    os.environ.update(METAFLOW_USER="alice", STEPWELL_USER="bob")
    translate_variables(os.environ)
    assert load_settings().user == "bob"


def test_a_variable_wins_over_the_project_and_that_over_the_user(tmp_path: Path) -> None:
    home = tmp_path / ".metaflowconfig"
    home.mkdir()
    (home / "config.json").write_text(json.dumps({"METAFLOW_USER": "home", "METAFLOW_DEFAULT_DECOSPECS": "retry"}))
    translate_variables(os.environ)
    assert load_settings().user == "home"
    assert load_settings().default_decorators == ("retry",)

    del os.environ["STEPWELL_USER"]
    (tmp_path / ".metaflow").mkdir()
    (tmp_path / ".metaflow" / "config.json").write_text(json.dumps({"METAFLOW_USER": "project"}))
    (tmp_path / "below").mkdir()
    os.chdir(tmp_path / "below")
    translate_variables(os.environ)
    assert load_settings().user == "project"

    del os.environ["STEPWELL_USER"]
    os.environ["METAFLOW_USER"] = "variable"
    translate_variables(os.environ)
    assert load_settings().user == "variable"


def test_a_profile_names_another_file(tmp_path: Path) -> None:
    os.environ.update(METAFLOW_PROFILE="team", METAFLOW_HOME=str(tmp_path / "configs"))
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config_team.json").write_text(json.dumps({"METAFLOW_USER": "team"}))
    translate_variables(os.environ)
    assert load_settings().user == "team"


def test_what_has_no_effect_is_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".metaflowconfig").mkdir()
    (tmp_path / ".metaflowconfig" / "config.json").write_text(
        json.dumps({"METAFLOW_SERVICE_URL": "https://example.org", "METAFLOW_DEFAULT_METADATA": "service"})
    )
    os.environ.update(METAFLOW_S3_WORKER_COUNT="8", METAFLOW_DEFAULT_DATASTORE="local", METAFLOW_USER="alice")
    tell_variables_without_effect()
    told = capsys.readouterr().err
    assert "`METAFLOW_DEFAULT_METADATA`, `METAFLOW_S3_WORKER_COUNT`, `METAFLOW_SERVICE_URL`" in told
    assert "METAFLOW_USER" not in told
    assert "METAFLOW_DEFAULT_DATASTORE" not in told
    assert [is_first_to_tell(), is_first_to_tell()] == [True, False]


def test_nothing_is_said_when_nothing_is_configured(capsys: pytest.CaptureFixture[str]) -> None:
    tell_variables_without_effect()
    assert capsys.readouterr().err == ""


def test_a_file_that_is_no_json_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".metaflowconfig").mkdir()
    (tmp_path / ".metaflowconfig" / "config.json").write_text("{")
    translate_variables(os.environ)
    assert "config.json` is not JSON" in capsys.readouterr().err


def test_values_of_metaflow_config_are_the_configured_ones() -> None:
    unknown = object()
    assert config_value("DEFAULT_DATASTORE", unknown) == "local"
    assert config_value("DATASTORE_SYSROOT_S3", unknown) is None
    assert config_value("NO_SUCH_NAME", unknown) is unknown
    os.environ.update(METAFLOW_DATASTORE_SYSROOT_S3="s3://bucket/x", METAFLOW_S3_WORKER_COUNT="8")
    assert config_value("DATASTORE_SYSROOT_S3", unknown) == "s3://bucket/x"
    assert config_value("S3_WORKER_COUNT", unknown) == 8
