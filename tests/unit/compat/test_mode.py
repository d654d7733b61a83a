"""Turning compat mode on where Metaflow itself is imported already."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from stepwell.base.errors import StepwellError
from stepwell.compat import install, is_installed


@pytest.mark.usefixtures("clean_environ")
def test_two_packages_of_one_name_in_one_program_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "metaflow", ModuleType("metaflow"))
    with pytest.raises(StepwellError, match="imported already") as caught:
        install()
    assert "STEPWELL_COMPAT=metaflow" in str(caught.value)
    assert not is_installed()
