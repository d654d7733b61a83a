"""What mutators can ask of a flow and its steps, and do to them."""

from __future__ import annotations

import pytest

from stepwell import (
    Config,
    FlowMutator,
    FlowSpec,
    MutableFlow,
    MutableStep,
    Parameter,
    StepMutator,
    UserStepDecorator,
    environment,
    resources,
    retry,
    step,
    user_step_decorator,
)
from stepwell.base.errors import StepError, UsageError
from stepwell.decorators.naming import find_decorator
from stepwell.decorators.registry import step_decorators
from stepwell.decorators.shaping import finish_shape, shape_again, shape_flow
from stepwell.decorators.user_next import call_next
from stepwell.documents.graph import DecoratorSpec
from stepwell.flow.config_loading import GivenConfigs


class Mine(UserStepDecorator):
    def init(self, *args, **kwargs):
        self.inits = [*getattr(self, "inits", []), (args, kwargs)]


@user_step_decorator
def generated(step_name, flow, inputs=None, attributes=None):
    yield


def make(early=None, late=None):
    """A flow with a mutator that calls `early` and `late`, in its shape."""

    class Calls(FlowMutator):
        def pre_mutate(self, mutable_flow):
            if early is not None:
                early(mutable_flow)

        def mutate(self, mutable_flow):
            if late is not None:
                late(mutable_flow)

    @Calls
    class Flow(FlowSpec):
        config = Config("config", default_value={"cpu": 2})
        alpha = Parameter("al-pha", default=1)

        @retry(times=2)
        @Mine(1, k=config.cpu)
        @resources(cpu=config.cpu)
        @step
        def start(self):
            self.next(self.end)

        @step
        def end(self):
            pass

    shape_flow(Flow, GivenConfigs(), environ={}, user="me")
    finish_shape(Flow, ())
    return Flow


def names(flow, step_name="start"):
    return [decorator.name for decorator in step_decorators(flow, step_name)]


def test_specs_name_decorators_with_values_in_place_of_references():
    seen = []
    make(lambda flow: seen.extend(flow.start.decorator_specs))
    assert seen == [
        ("retry", "stepwell.decorators.retry.Retry", [], {"times": 2, "minutes_between_retries": 2}),
        ("Mine", f"{__name__}.Mine", [1], {"k": 2}),
        ("resources", "stepwell.decorators.resources.Resources", [], seen[2][3]),
    ]
    assert seen[2][3]["cpu"] == 2


def test_steps_parameters_and_configs_are_listed_and_found_by_name():
    def look(flow):
        assert isinstance(flow, MutableFlow)
        assert [name for name, _ in flow.steps] == ["start", "end"]
        assert [(name, p.name) for name, p in flow.parameters] == [("alpha", "al-pha")]
        assert dict(flow.configs) == {"config": {"cpu": 2}}
        assert flow.config.cpu == 2
        assert flow.alpha.default == 1
        assert isinstance(flow.start, MutableStep)
        assert flow.start.flow is flow
        assert flow.has_decorator("Calls")
        assert flow.get_decorator_specs("Calls")[0][2:] == ([], {})
        assert flow.start.has_decorator("resources")
        assert flow.start.has_decorator("stepwell.decorators.retry.Retry")
        assert not flow.start.has_decorator("timeout")

    make(look, look)


@pytest.mark.parametrize(
    ("deco", "kwargs"),
    [
        ('environment:vars={"A": "1"}', None),
        ("environment", {"vars": {"A": "1"}}),
        (environment, {"vars": {"A": "1"}}),
    ],
)
def test_a_decorator_is_given_as_text_or_as_itself(deco, kwargs):
    flow = make(late=lambda flow: flow.start.add_decorator(deco, deco_kwargs=kwargs))
    added = step_decorators(flow, "start")[0]
    assert added.options["vars"] == {"A": "1"}
    assert names(flow) == ["environment", "retry", "Mine", "resources"]
    assert names(flow, "end") == []


@pytest.mark.parametrize("deco", [Mine, "Mine", f"{__name__}.Mine", generated, f"{__name__}.generated"])
def test_decorators_of_users_are_added_by_class_or_by_name(deco):
    flow = make(late=lambda flow: flow.end.add_decorator(deco, deco_kwargs={"k": 3}))
    (added,) = step_decorators(flow, "end")
    assert added.arguments.kwargs == {"k": 3}


def test_duplicates_are_left_replaced_or_refused():
    results = []

    def late(flow):
        results.append(flow.start.add_decorator("retry:times=1"))
        results.append(flow.start.add_decorator("retry:times=4", duplicates=MutableStep.OVERRIDE))
        with pytest.raises(UsageError, match="has `@retry` already"):
            flow.start.add_decorator("retry", duplicates=MutableStep.ERROR)

    flow = make(late=late)
    assert results[0] is None
    assert results[1].options["times"] == 4
    assert names(flow) == ["retry", "Mine", "resources"]
    assert step_decorators(flow, "start")[0] is results[1]


def test_decorators_are_removed_by_name_and_by_arguments():
    def late(flow):
        assert not flow.start.remove_decorator("retry", deco_kwargs={"times": 9})
        assert flow.start.remove_decorator("retry", deco_kwargs={"times": 2})
        assert not flow.start.remove_decorator("retry")
        assert not flow.start.remove_decorator("Mine", deco_args=[2])
        assert flow.start.remove_decorator("Mine", deco_args=[1], deco_kwargs={"k": 2})

    assert names(make(late=late)) == ["resources"]


def test_parameters_are_added_replaced_and_removed_early_only():
    def early(flow):
        flow.add_parameter("beta", Parameter("beta", default=2))
        with pytest.raises(UsageError, match="a parameter `alpha` already"):
            flow.add_parameter("alpha", Parameter("alpha"))
        flow.add_parameter("alpha", Parameter("alpha", default="x"), overwrite=True)
        with pytest.raises(UsageError, match="something called `start`"):
            flow.add_parameter("start", Parameter("start"))
        with pytest.raises(UsageError, match="type `int`"):
            flow.add_parameter("other", 3)
        assert flow.remove_parameter("beta")
        assert not flow.remove_parameter("beta")
        assert not flow.remove_parameter("config")

    def late(flow):
        with pytest.raises(UsageError, match="in `mutate`"):
            flow.remove_parameter("alpha")

    flow = make(early, late)
    assert flow.alpha.default == "x"
    assert not isinstance(flow.beta, Parameter)


def test_a_mutator_that_another_adds_gets_its_turn():
    calls = []

    class Later(FlowMutator):
        def init(self, name):
            self.given = name

        def pre_mutate(self, mutable_flow):
            calls.append(self.given)

    def early(flow):
        flow.add_decorator(Later, ["x"])
        assert flow.add_decorator(Later, ["y"]) is None
        with pytest.raises(UsageError, match="cannot be removed"):
            flow.remove_decorator("Later")

    make(early)
    assert calls == ["x"]


def test_a_step_mutator_that_is_added_early_gets_its_turn():
    calls = []

    class OfStep(StepMutator):
        def pre_mutate(self, mutable_step):
            calls.append(("pre", mutable_step.name))

        def mutate(self, mutable_step):
            calls.append(("late", mutable_step.name))

    flow = make(lambda flow: flow.end.add_decorator(OfStep))
    assert calls == [("pre", "end"), ("late", "end")]
    assert names(flow, "end") == []


def test_a_shape_that_is_made_again_begins_with_the_file():
    flow = make(
        lambda flow: flow.add_parameter("beta", Parameter("beta")), lambda flow: flow.start.remove_decorator("retry")
    )
    shape_again(flow)
    assert names(flow) == ["retry", "Mine", "resources"]
    finish_shape(flow, [DecoratorSpec(name="timeout", options={"seconds": 5}, in_file=False)])
    assert names(flow) == ["timeout", "Mine", "resources"]
    assert isinstance(flow.beta, Parameter)


def test_init_is_called_once_with_what_was_given():
    mine = step_decorators(make(), "start")[1]
    mine.make_ready()
    mine.make_ready()
    assert mine.user.inits == [((1,), {"k": 2})]


def test_a_name_that_several_have_must_be_told_apart():
    def define():
        class Twice(UserStepDecorator):
            pass

        return Twice

    first = define()
    first.__qualname__ = "First.Twice"
    UserStepDecorator.__class__.__init__(first, "Twice", first.__bases__, {})
    define()
    with pytest.raises(UsageError, match="several decorators are called `Twice`"):
        find_decorator("Twice")


def test_a_decorator_that_skips_the_start_of_a_gang_must_say_its_size():
    class Gang(FlowSpec):
        @step
        def start(self):
            self.next(self.work, num_parallel=2)

        @step
        def work(self):
            self.next(self.join)

        @step
        def join(self, inputs):
            self.next(self.end)

        @step
        def end(self):
            pass

    flow = Gang(use_cli=False)
    with pytest.raises(StepError, match="starts a gang"):
        call_next(flow, "start", {})
    with pytest.raises(StepError, match="leads nowhere"):
        call_next(flow, "end", {"foreach": "x"})
