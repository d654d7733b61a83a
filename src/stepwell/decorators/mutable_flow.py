"""`MutableFlow`: a flow as a mutator sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.base.errors import UsageError
from stepwell.base.plugins import find_plugin, nearest
from stepwell.decorators.mutable_step import MutableStep
from stepwell.decorators.mutators import FlowMutator
from stepwell.decorators.specs import class_of, has_name, make, matching, spec_of
from stepwell.decorators.user_classes import Applied, find_class
from stepwell.flow.config import values_of
from stepwell.flow.parameter import Parameter
from stepwell.flow.parameters import parameters_of
from stepwell.flow.shape import RemovedParameter, replace_member
from stepwell.flow.step import steps_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepwell.decorators.specs import Spec
    from stepwell.flow.shape import Shape


class MutableFlow:
    """The steps, parameters, configs and decorators of a flow, to look at and to change.

    `mutable_flow.train` is the step, parameter or config of that name.

    Args:
        flow_class: The flow.
        shape: What its shape is so far.
        early: True in `pre_mutate`, where everything can be changed.
    """

    IGNORE = MutableStep.IGNORE
    ERROR = MutableStep.ERROR
    OVERRIDE = MutableStep.OVERRIDE

    def __init__(self, flow_class: type, shape: Shape, *, early: bool) -> None:
        self._class = flow_class
        self._shape = shape
        self._early = early

    @property
    def configs(self) -> Iterator[tuple[str, Any]]:
        """Name and value of each config."""
        values = values_of(self._class)
        return iter(list(values.named.items()) if values is not None else ())

    @property
    def parameters(self) -> Iterator[tuple[str, Parameter[Any]]]:
        """Name and declaration of each parameter."""
        return iter([(parameter.attribute, parameter) for parameter in parameters_of(self._class)])

    @property
    def steps(self) -> Iterator[tuple[str, MutableStep]]:
        """Name and step, in the order of definition."""
        return iter([(name, self._step(name)) for name in steps_of(self._class)])

    @property
    def decorator_specs(self) -> Iterator[Spec]:
        """For each flow decorator and mutator, outermost first: name, full name, arguments by position and by name."""
        return iter([spec_of(decorator) for decorator in self._decorators])

    def has_decorator(self, name: str) -> bool:
        """True when the flow has a decorator of that name, short or full."""
        return any(has_name(decorator, name) for decorator in self._decorators)

    def get_decorator_specs(self, name: str) -> list[Spec]:
        """The specifications of the decorators of that name."""
        return [spec_of(decorator) for decorator in self._decorators if has_name(decorator, name)]

    def add_parameter(self, name: str, value: Parameter[Any], overwrite: bool = False) -> None:
        """Give the flow another parameter; in `pre_mutate` only.

        Args:
            name: The name of the attribute, and of the artifact.
            value: The parameter.
            overwrite: Replace one that is there.

        Raises:
            UsageError: It is too late, something of the name is there, or it is no parameter.
        """
        self.refuse_late(f"the parameter `{name}` cannot be added")
        if not isinstance(value, Parameter):
            raise UsageError(
                f"`add_parameter` got a value of type `{type(value).__name__}`",
                hint=f'give a parameter: `add_parameter("{name}", Parameter("{name}", default=1))`',
            )
        known = {parameter.attribute for parameter in parameters_of(self._class)}
        if name in known and not overwrite:
            raise UsageError(f"the flow has a parameter `{name}` already", hint="say `overwrite=True` to replace it")
        if name not in known and hasattr(self._class, name):
            raise UsageError(f"the flow has something called `{name}` already", hint="choose another name")
        values = values_of(self._class)
        if value.delayed is not None and values is not None:
            value = value.with_values(values)
        value.attribute = name
        replace_member(self._class, name, value)
        self._shape.parameters[name] = value

    def remove_parameter(self, parameter_name: str) -> bool:
        """Take a parameter away; in `pre_mutate` only.

        Args:
            parameter_name: Its name on the command line, or that of its attribute.

        Returns:
            True when there was one.

        Raises:
            UsageError: It is too late.
        """
        self.refuse_late(f"the parameter `{parameter_name}` cannot be removed")
        found = [p for p in parameters_of(self._class) if parameter_name in (p.name, p.attribute)]
        for parameter in found:
            replace_member(self._class, parameter.attribute, RemovedParameter(parameter.attribute))
            self._shape.parameters[parameter.attribute] = None
        return bool(found)

    def add_decorator(
        self,
        deco_type: Any,
        deco_args: Sequence[Any] | None = None,
        deco_kwargs: dict[str, Any] | None = None,
        duplicates: int = IGNORE,
    ) -> Any:
        """Put a flow decorator or a mutator on the flow; in `pre_mutate` only.

        A mutator that is added gets its turn after those that are there.

        Args:
            deco_type: The decorator, or its specification as text: `"project:name=shop"`.
            deco_args: Arguments by position.
            deco_kwargs: Arguments by name.
            duplicates: When the flow has one of the kind already: `IGNORE` keeps that, `OVERRIDE` puts the new one in
                its place, `ERROR` refuses.

        Returns:
            The decorator object, None when it was not added.

        Raises:
            UsageError: There is no such decorator, it cannot be added now, or it is there already.
        """
        self.refuse_late("a flow decorator cannot be added")
        made = make(deco_type, deco_args, deco_kwargs, find=_find)
        known = [other for other in self._decorators if class_of(other) is class_of(made) and not _several(made)]
        if known and duplicates == self.IGNORE:
            return None
        if known and duplicates == self.ERROR:
            raise UsageError(
                f"the flow has `@{made.name}` already", hint="use `MutableFlow.IGNORE` or `MutableFlow.OVERRIDE`"
            )
        if any(issubclass(class_of(other), FlowMutator) for other in known):
            raise UsageError(f"the mutator `{made.name}` is at work already", hint="a mutator cannot be replaced")
        self._decorators[:] = [made, *(other for other in self._decorators if other not in known)]
        return made.user if isinstance(made, Applied) else made

    def remove_decorator(
        self, deco_name: str, deco_args: Sequence[Any] | None = None, deco_kwargs: dict[str, Any] | None = None
    ) -> bool:
        """Take flow decorators away; in `pre_mutate` only.

        Args:
            deco_name: Their name, short or full.
            deco_args: Only those with these arguments.
            deco_kwargs: Only those with these arguments.

        Returns:
            True when there was one.

        Raises:
            UsageError: It is too late, or it is a mutator.
        """
        self.refuse_late(f"the flow decorator `{deco_name}` cannot be removed")
        found = matching(self._decorators, deco_name, deco_args, deco_kwargs)
        if any(issubclass(class_of(decorator), FlowMutator) for decorator in found):
            raise UsageError(f"`{deco_name}` is a mutator, which cannot be removed", hint="remove it from the file")
        self._decorators[:] = [decorator for decorator in self._decorators if decorator not in found]
        return bool(found)

    def refuse_late(self, what: str) -> None:
        """Refuse what can be done in `pre_mutate` only.

        Raises:
            UsageError: This is `mutate`.
        """
        if not self._early:
            raise UsageError(f"{what} in `mutate`", hint="do it in `pre_mutate`, before the command line is read")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        steps = steps_of(self._class)
        if name in steps:
            return self._step(name)
        found = {**dict(self.parameters), **dict(self.configs)}
        if name in found:
            return found[name]
        close = nearest(name, [*steps, *found])
        raise AttributeError(
            f"`{self._class.__name__}` has no step, parameter or config `{name}`"
            + (f"; did you mean `{close[0]}`?" if close else "")
        )

    def __repr__(self) -> str:
        return f"<MutableFlow {self._class.__name__}>"

    @property
    def _decorators(self) -> list[Any]:
        return self._shape.flow

    def _step(self, name: str) -> MutableStep:
        return MutableStep(self, name, self._shape.steps[name])


def _find(name: str) -> type:
    return find_class(name) or find_plugin("flow_decorators", name)


def _several(decorator: Any) -> bool:
    return bool(decorator.allow_multiple) and not issubclass(class_of(decorator), FlowMutator)
