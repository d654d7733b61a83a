"""Every difference between Metaflow's public surface and ours is argued, and the documentation lists them all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.metaflow.surface import PAGE, Difference, _first_reason, reasons, written

# In a process of its own: the comparison turns compat mode on.
COMPARE = """
import json, sys
from pathlib import Path
from stepwell.compat import install
install()
from tests.metaflow.surface import differences
print(json.dumps(differences(Path(sys.argv[1]))))
"""
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found(metaflow_stubs: Path) -> list[Difference]:
    environ = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", COMPARE, str(metaflow_stubs)], capture_output=True, text=True, env=environ, check=False
    )
    assert done.returncode == 0, done.stderr
    return [Difference(*entry) for entry in json.loads(done.stdout)]


def test_every_difference_is_argued(found: list[Difference]) -> None:
    lacking = [f"{difference.name}: {difference.what}" for difference in found if _first_reason(difference) is None]
    assert lacking == [], "mend it, or argue it in tests/metaflow/differences.toml"


def test_no_argument_outlives_its_difference(found: list[Difference]) -> None:
    used = {_first_reason(difference) for difference in found}
    assert [reason.names for reason in reasons() if reason not in used] == []


def test_the_comparison_sees_what_is_there(found: list[Difference]) -> None:
    """It could also find nothing because it looks at nothing."""
    assert len(found) > 20
    names = {difference.name for difference in found}
    assert "metaflow.retry" not in names
    assert "metaflow.client.core.Trigger" in names or "metaflow.S3" in names


def test_the_page_has_the_tables_as_they_are(found: list[Difference]) -> None:
    page = PAGE.read_text()
    assert written(page, found) == page, "python -m tests.metaflow.surface FOLDER --write"
