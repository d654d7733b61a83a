"""Names to classes, without importing what is not used."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from stepwell.base.errors import UsageError
from stepwell.base.plugins import BUILT_IN, find_plugin, load_target, nearest, plugin_names

ROOT = Path(__file__).parents[3]


def test_the_static_table_and_the_entry_points_say_the_same():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    declared = {group: names for group, names in groups.items() if group.startswith("stepwell.")}
    assert {f"stepwell.{kind}": names for kind, names in BUILT_IN.items() if names} == declared


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in BUILT_IN.items() for name in names])
def test_every_built_in_name_loads(kind, name):
    assert isinstance(find_plugin(kind, name), type)


def test_an_unknown_name_gets_the_nearest_known_one():
    with pytest.raises(UsageError, match="there is no decorator `retri`") as caught:
        find_plugin("decorators", "retri")
    assert caught.value.hint == "did you mean: `retry`"


def test_an_unknown_name_without_neighbours_gets_the_list():
    with pytest.raises(UsageError) as caught:
        find_plugin("stores", "xyzzy")
    assert caught.value.hint.startswith("known are: ")
    assert "`file`" in caught.value.hint


def test_names_are_listed_sorted():
    names = plugin_names("decorators")
    assert names == sorted(names)
    assert "retry" in names


def test_a_target_that_is_no_class_is_refused():
    with pytest.raises(UsageError, match="is not a class"):
        load_target("os:sep")


def test_a_target_that_does_not_import_is_a_usage_error():
    with pytest.raises(UsageError, match="cannot be loaded"):
        load_target("stepwell.nowhere:Nothing")


def test_nearest_ignores_case():
    assert nearest("TRAINFLOW", ["TrainFlow", "Other"]) == ["TrainFlow"]


def test_built_in_names_never_read_the_packages_metadata():
    code = (
        "import sys; from stepwell.base.plugins import BUILT_IN, find_plugin; "
        "BUILT_IN['stores']['x'] = 'collections:OrderedDict'; find_plugin('stores', 'x'); "
        "assert 'importlib.metadata' not in sys.modules and 'difflib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
