"""Settings: which value wins, where it came from, and what is refused."""

import subprocess
import sys

import pytest

from stepwell.base.errors import SettingsError
from stepwell.base.settings import Settings, load_settings, setting_names


@pytest.fixture
def places(tmp_path):
    """A project folder and a user's configuration folder; returns a loader that looks only there."""
    project = tmp_path / "project"
    project.mkdir()
    config = tmp_path / "config" / "stepwell"
    config.mkdir(parents=True)

    class Places:
        folder = project
        user_file = config / "config.toml"

        @staticmethod
        def load(flags=None, cwd=project, **environ):
            return load_settings(flags, cwd, {"XDG_CONFIG_HOME": str(tmp_path / "config"), **environ})

    return Places


def origin(settings, name):
    value = next(value for value in settings.explain() if value.name == name)
    return value.value, value.source, value.place


def test_each_level_wins_over_the_next(places):
    assert origin(places.load(), "on_failure") == ("wait", "default", "")
    places.user_file.write_text('on_failure = "stop"')
    assert origin(places.load(), "on_failure") == ("stop", "user file", str(places.user_file))
    project_file = places.folder / "pyproject.toml"
    project_file.write_text('[tool.stepwell]\non_failure = "continue"')
    assert origin(places.load(), "on_failure") == ("continue", "project", str(project_file))
    loaded = places.load(STEPWELL_ON_FAILURE="stop")
    assert origin(loaded, "on_failure") == ("stop", "environment", "STEPWELL_ON_FAILURE")
    loaded = places.load({"on_failure": "wait"}, STEPWELL_ON_FAILURE="stop")
    assert origin(loaded, "on_failure") == ("wait", "flag", "--on-failure")


def test_a_flag_that_was_not_given_decides_nothing(places):
    assert places.load({"max_workers": None}, STEPWELL_MAX_WORKERS="3").max_workers == 3


def test_the_nearest_project_file_with_our_table_counts(places):
    (places.folder / "pyproject.toml").write_text("[tool.stepwell]\nmax-workers = 7")
    inner = places.folder / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text('[project]\nname = "other"')
    assert places.load(cwd=inner).max_workers == 7


def test_every_setting_is_a_field_and_has_a_variable():
    assert set(setting_names()) == set(Settings.__struct_fields__) - {"origins"}


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("STEPWELL_DATASTORE", "s3://bucket/root", "datastore", "s3://bucket/root"),
        ("STEPWELL_USER", "ada", "user", "ada"),
        ("STEPWELL_NAMESPACE", "", "namespace", ""),
        ("STEPWELL_GRACE_SECONDS", "0.5", "grace_seconds", 0.5),
        ("STEPWELL_DEFAULT_DECORATORS", "retry:times=2,wait=1 resources", "default_decorators",
         ("retry:times=2,wait=1", "resources")),
        ("STEPWELL_CODE_SUFFIXES", ".py, .R", "code_suffixes", (".py", ".R")),
        ("STEPWELL_CODE_MAX_BYTES", "1 MiB", "code_max_bytes", 2**20),
        ("STEPWELL_DURABILITY", "power", "durability", "power"),
        ("STEPWELL_QUIET", "0", "quiet", False),
        ("STEPWELL_QUIET", "False", "quiet", False),
        ("STEPWELL_QUIET", "", "quiet", False),
        ("STEPWELL_QUIET", "1", "quiet", True),
    ],
)  # fmt: skip
def test_variables_are_read_by_the_type_of_the_setting(places, variable, text, name, value):
    assert getattr(places.load(**{variable: text}), name) == value


def test_a_relative_datastore_belongs_to_the_file_that_names_it(places):
    (places.folder / "pyproject.toml").write_text('[tool.stepwell]\ndatastore = "data"')
    inner = places.folder / "inner"
    inner.mkdir()
    assert places.load(cwd=inner).datastore == str(places.folder / "data")
    assert places.load(cwd=inner, STEPWELL_DATASTORE="here").datastore == str(inner / "here")


def test_an_unknown_key_names_file_key_and_the_nearest_setting(places):
    path = places.folder / "pyproject.toml"
    path.write_text("[tool.stepwell]\nmax_worker = 3")
    with pytest.raises(SettingsError) as caught:
        places.load()
    assert caught.value.message == f"`{path}` sets `max_worker`, which is not a setting"
    assert caught.value.hint == "did you mean `max_workers`?"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('max_workers = "many"', "a whole number of at least 1 is needed"),
        ("max_workers = true", "a whole number of at least 1 is needed"),
        ("max_workers = 0", "a whole number of at least 1 is needed"),
        ("user = 5", "a text is needed"),
        ('user = " "', "a text that is not empty is needed"),
        ("grace_seconds = -1", "a number of seconds is needed"),
        ('grace_seconds = "soon"', "a number of seconds is needed"),
        ("quiet = 1", "`true` or `false` is needed"),
        ('isolation = "thread"', "one of these is needed: `fork`, `spawn`, `none`"),
        ("code_suffixes = [1]", "a list of texts is needed"),
        ('code_max_bytes = "lots"', "`lots` is not a size"),
        ("code_max_bytes = -5", "a number of bytes"),
    ],
)
def test_a_value_of_the_wrong_kind_names_file_and_key(places, line, message):
    places.user_file.write_text(line)
    with pytest.raises(SettingsError) as caught:
        places.load()
    assert f"setting `{line.split()[0]}` in `{places.user_file}`" in caught.value.message
    assert message in caught.value.message


def test_a_broken_file_is_named(places):
    places.user_file.write_text("this is = = not toml")
    with pytest.raises(SettingsError, match="is not TOML"):
        places.load()


def test_no_file_means_no_toml_parser(tmp_path):
    code = (
        "import sys; from stepwell.base.settings import load_settings; "
        "load_settings(); assert 'tomllib' not in sys.modules"
    )
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["stepwell"]')
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={"HOME": str(tmp_path)}, check=True)
