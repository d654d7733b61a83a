"""What `config.x` is in a class body, and how it becomes a value."""

from __future__ import annotations

import pytest

from stepwell import Config, FlowSpec, IncludeFile, Parameter, config_expr, resources, retry, step
from stepwell.base.errors import ConfigError, UsageError
from stepwell.decorators.registry import step_decorators
from stepwell.decorators.shaping import shape_flow
from stepwell.flow.config_loading import GivenConfigs
from stepwell.flow.parameters import resolve_parameters

FACTOR = 3


def shaped(flow_class, given=None, environ=None):
    values = GivenConfigs(values=given or {})
    shape_flow(flow_class, values, environ=environ or {}, user="me")
    return flow_class


def make():
    class Flow(FlowSpec):
        config = Config("config", default_value={"cpu": 2, "name": "zz", "deep": {"list": [5]}, "retry": {"times": 1}})
        alpha = Parameter("alpha", default=config.deep.list[0])
        rows = IncludeFile("rows", default=config["name"])
        constant = config.deep
        computed = config_expr("config.cpu * FACTOR")

        @retry(**config.retry)
        @resources(cpu=config.cpu, memory=config_expr("config.cpu * 100"))
        @step
        def start(self):
            pass

    return Flow


def test_references_become_values_wherever_a_declaration_takes_one():
    flow = shaped(make())
    retried, needs = step_decorators(flow, "start")
    assert retried.options["times"] == 1
    assert (needs.options["cpu"], needs.options["memory"]) == (2, 200)
    assert flow.alpha.default == 5
    assert flow.alpha.kind is int
    assert flow.rows.default == "zz"
    assert flow.constant == {"list": [5]}
    assert flow.computed == 6


def test_a_class_gets_another_shape_with_other_configs():
    flow = make()
    shaped(flow)
    shaped(flow, {"config": {"cpu": 8, "name": "q", "deep": {"list": ["text"]}, "retry": {}}})
    retried, needs = step_decorators(flow, "start")
    assert retried.options["times"] == 3
    assert needs.options["cpu"] == 8
    assert flow.alpha.kind is str
    assert flow.computed == 24


def test_a_base_class_keeps_its_own_shape():
    base = make()

    class Other(base):
        config = Config("config", default_value={"cpu": 4, "name": "q", "deep": {"list": [1]}, "retry": {}})

    shaped(base)
    shaped(Other)
    assert step_decorators(base, "start")[1].options["cpu"] == 2
    # What the base class wrote refers to the base class's config; the name is what counts.
    assert step_decorators(Other, "start")[1].options["cpu"] == 4


def test_functions_of_defaults_see_configs():
    class Flow(FlowSpec):
        config = Config("config", default_value={"a": {"b": 2}})
        alpha = Parameter("alpha", default=lambda context: context.configs.config.a.b + 1, type=int)

        @step
        def start(self):
            pass

    assert resolve_parameters(shaped(Flow), {}, environ={}, user="me") == {"alpha": 3}


@pytest.mark.parametrize(
    "use",
    [
        lambda c: bool(c.x),
        lambda c: c.x + 1,
        lambda c: f"{c.x}",
        str,
        lambda c: list(c.x),
        lambda c: int(c.x),
        lambda c: c.x > 1,
    ],
)
def test_computing_with_a_config_in_a_class_body_says_what_to_write(use):
    with pytest.raises(ConfigError, match="has no value yet") as caught:
        use(Config("config"))
    assert "config_expr" in caught.value.hint


def test_a_key_that_is_missing_is_told_with_the_line_that_asks_for_it():
    with pytest.raises(ConfigError, match=r"`config.deep` does not exist.*test_config_references.py:\d+"):
        shaped(make(), {"config": {"cpus": 1}})


def test_an_expression_that_raises_is_told_with_its_place():
    class Flow(FlowSpec):
        config = Config("config", default_value={"a": 1})
        x = config_expr("config.a + nothing")

        @step
        def start(self):
            pass

    with pytest.raises(ConfigError, match=r"config_expr\('config.a \+ nothing'\)` raised .*nothing"):
        shaped(Flow)


def test_an_unknown_option_from_a_config_is_refused_as_if_it_were_written():
    class Flow(FlowSpec):
        config = Config("config", default_value={"tiems": 1})

        @retry(**config)
        @step
        def start(self):
            pass

    with pytest.raises(UsageError, match="`@retry` has no option `tiems`"):
        shaped(Flow)


def faults(declared, given=None, environ=None):
    class Flow(FlowSpec):
        config = declared

        @step
        def start(self):
            pass

    with pytest.raises(ConfigError) as caught:
        shape_flow(Flow, given or GivenConfigs(), environ=environ or {}, user="me")
    return str(caught.value)


def test_both_kinds_of_default_are_one_too_many():
    assert "has both `default` and `default_value`" in faults(Config("config", default="a", default_value={}))


def test_what_is_missing_is_named_with_what_to_type():
    text = faults(Config("config", required=True))
    assert "missing configuration for `config`" in text
    assert "--config config FILE" in text


def test_an_unknown_name_gets_the_nearest():
    text = faults(Config("config", default_value={}), GivenConfigs(files={"konfig": "x"}))
    assert "`Flow` has no config `konfig`" in text
    assert "did you mean `config`?" in text


def test_a_file_and_a_value_for_one_config_are_one_too_many():
    given = GivenConfigs(files={"config": "x"}, values={"config": "{}"})
    assert "as a file and as a value" in faults(Config("config"), given)


@pytest.mark.parametrize("text", ["[1", "[1]"])
def test_an_environment_variable_that_is_no_object_is_named(text):
    assert "STEPWELL_FLOW_CONFIG_VALUE" in faults(Config("config"), environ={"STEPWELL_FLOW_CONFIG_VALUE": text})


def test_a_config_that_is_no_mapping_is_refused_unless_it_is_plain():
    assert "holds" not in faults(Config("config", default_value="[1"))
    assert "is a mapping" in faults(Config("config", default_value="[1]"))

    class Flow(FlowSpec):
        config = Config("config", default_value="[1]", plain=True)

        @step
        def start(self):
            pass

    assert shaped(Flow).config == [1]


def test_a_parser_of_the_user_that_raises_is_named_with_its_line():
    def parse(text):
        raise ValueError("not today")

    text = faults(Config("config", default_value="x", parser=parse))
    assert "cannot be read by `parse`: ValueError: not today, at " in text
    assert "test_config_references.py:" in text


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "c.json"
    path.write_bytes(b"\xff\xfe")
    assert "no text in UTF-8" in faults(Config("config", default=str(path)))


def test_all_faults_are_told_at_once():
    class Flow(FlowSpec):
        a = Config("a", required=True)
        b = Config("b", default="nowhere.json")
        c = Config("c", default_value="{")

        @step
        def start(self):
            pass

    with pytest.raises(ConfigError) as caught:
        shaped(Flow)
    for word in ("`a`", "nowhere.json", "no JSON"):
        assert word in caught.value.message
