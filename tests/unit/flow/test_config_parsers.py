"""Parsers of configs, and what they say of text that they cannot read."""

from __future__ import annotations

import pytest

from stepwell import conda_environment_yml_parser, pyproject_toml_parser, requirements_txt_parser, yaml_parser
from stepwell.base.errors import ConfigError
from stepwell.flow.config_parsers import WrongText, find_parser, json_parser, toml_parser


@pytest.mark.parametrize(
    ("text", "packages"),
    [
        ("numpy==1.2\npandas>=2 # why\n\n# note\nbaz", {"numpy": "1.2", "pandas": ">=2", "baz": ""}),
        ("foo[bar]==1", {"foo[bar]": "1"}),
        ("requests @ https://x.org/y#egg=z", {"requests@https://x.org/y#egg=z": ""}),
        ("my_pkg ~= 1.0, <2", {"my_pkg": "~=1.0,<2"}),
        ("a===1", {"a": "===1"}),
        ("b (>=2)", {"b": ">=2"}),
    ],
)
def test_requirements_become_packages(text, packages):
    assert requirements_txt_parser(text) == {"packages": packages, "python": None}


def test_python_stands_apart():
    assert requirements_txt_parser("python==3.9\nb") == {"packages": {"b": ""}, "python": "3.9"}


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a\n-r other.txt", 2, "option `-r other.txt`"),
        ("a==1; python_version<'3'", 1, "has a condition"),
        ("a\n\n%%%", 3, "PEP 508"),
        ("python==3\npython==4", 2, "twice"),
    ],
)
def test_requirements_that_cannot_be_kept_are_refused_with_their_line(text, line, reason):
    with pytest.raises(WrongText) as caught:
        requirements_txt_parser(text)
    assert caught.value.line == line
    assert reason in caught.value.reason


def test_a_pyproject_gives_its_dependencies():
    text = '[project]\nrequires-python = ">=3.9"\ndependencies = ["a==1", "b>=2", "c"]\n'
    assert pyproject_toml_parser(text) == {"packages": {"a": "1", "b": ">=2", "c": ""}, "python": ">=3.9"}
    assert pyproject_toml_parser("[tool.x]") == {"packages": {}, "python": None}


def test_a_conda_environment_gives_its_dependencies():
    text = "name: x\ndependencies:\n  - python=3.9\n  - numpy=1.2\n  - pandas>=2\n  - conda-forge::a=1\n  - b\n"
    assert conda_environment_yml_parser(text) == {
        "packages": {"numpy": "1.2", "pandas": ">=2", "conda-forge::a": "1", "b": ""},
        "python": "3.9",
    }


def test_packages_of_pip_in_a_conda_environment_are_refused_with_their_line():
    with pytest.raises(WrongText, match="@pypi") as caught:
        conda_environment_yml_parser("dependencies:\n  - a\n  - pip:\n    - b\n")
    assert caught.value.line == 3


@pytest.mark.parametrize(
    ("parser", "text", "line", "column"),
    [
        (json_parser, '{"a": 1,\n "b" 2}', 2, 6),
        (yaml_parser, "a: 1\nb: [2", 2, 6),
        (toml_parser, "a = 1\nb = = 2", 2, 5),
        (toml_parser, "a = 1\nb = ", 2, 5),
    ],
)
def test_a_fault_has_its_line_and_column(parser, text, line, column):
    with pytest.raises(WrongText) as caught:
        parser(text)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize("name", ["yaml_parser", ".plugins.parsers.yaml_parser", "stepwell.yaml_parser"])
def test_a_parser_is_found_by_its_dotted_name(name):
    assert find_parser(name)("a: 1") == {"a": 1}


def test_a_parser_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match=r"the parser `tomlib\.loads` cannot be imported") as caught:
        find_parser("tomlib.loads")
    assert "`yaml_parser`" in caught.value.hint
