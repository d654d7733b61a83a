from __future__ import annotations

import time

import pytest


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch, tmp_path):
    """Times in UTC, no colours, no settings of the machine."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    for variable in ("STEPWELL_DATASTORE", "STEPWELL_COLOR", "STEPWELL_NAMESPACE", "STEPWELL_QUIET"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    monkeypatch.setenv("STEPWELL_USER", "alice")


@pytest.fixture
def call(builder, capsys, monkeypatch):
    """`call("ls", "F")`: the exit code and what `stepwell ls F` printed on both streams, in the builder's folder."""
    from stepwell.cli.main import run

    monkeypatch.chdir(builder.folder)

    def call(*arguments: str):
        capsys.readouterr()
        code = run(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
