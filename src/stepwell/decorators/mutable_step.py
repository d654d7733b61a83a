"""`MutableStep`: a step as a mutator sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.base.errors import UsageError
from stepwell.decorators.mutators import StepMutator
from stepwell.decorators.protocol import StepDecorator
from stepwell.decorators.specs import class_of, has_name, make, matching, spec_of
from stepwell.decorators.user_classes import Applied

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepwell.decorators.mutable_flow import MutableFlow
    from stepwell.decorators.specs import Spec


class MutableStep:
    """The decorators of a step, to look at and to change.

    Attributes:
        name: Name of the step.
        flow: The flow that it belongs to.
    """

    IGNORE = 1
    ERROR = 2
    OVERRIDE = 3

    def __init__(self, flow: MutableFlow, name: str, decorators: list[Any]) -> None:
        self.flow = flow
        self.name = name
        self._decorators = decorators

    @property
    def decorator_specs(self) -> Iterator[Spec]:
        """For each decorator, outermost first: name, full name, arguments by position, arguments by name."""
        return iter([spec_of(decorator) for decorator in self._decorators])

    def has_decorator(self, name: str) -> bool:
        """True when the step has a decorator of that name, short or full."""
        return any(has_name(decorator, name) for decorator in self._decorators)

    def get_decorator_specs(self, name: str) -> list[Spec]:
        """The specifications of the decorators of that name."""
        return [spec_of(decorator) for decorator in self._decorators if has_name(decorator, name)]

    def add_decorator(
        self,
        deco_type: Any,
        deco_args: Sequence[Any] | None = None,
        deco_kwargs: dict[str, Any] | None = None,
        duplicates: int = IGNORE,
    ) -> Any:
        """Put a decorator on the step, outside of those that it has.

        Args:
            deco_type: The decorator (`retry`, a class), or a specification as text: `"retry:times=2"`.
            deco_args: Arguments by position.
            deco_kwargs: Arguments by name.
            duplicates: When the step has one of the kind already: `IGNORE` keeps that, `OVERRIDE` puts the new one in
                its place, `ERROR` refuses. Decorators that may stand several times are added in any case.

        Returns:
            The decorator object, None when it was not added.

        Raises:
            UsageError: There is no such decorator, it cannot be added now, or it is there already.
        """
        made = make(deco_type, deco_args, deco_kwargs)
        if issubclass(class_of(made), StepMutator):
            self.flow.refuse_late(f"a step mutator cannot be added to step `{self.name}`")
        elif not isinstance(made, StepDecorator):
            raise UsageError(
                f"`{made.name}` is not for steps", hint="add it to the flow: `mutable_flow.add_decorator(...)`"
            )
        several = made.allow_multiple and not isinstance(made, Applied)
        known = [] if several else [other for other in self._decorators if class_of(other) is class_of(made)]
        if known and duplicates == self.IGNORE:
            return None
        if known and duplicates == self.ERROR:
            raise UsageError(
                f"step `{self.name}` has `@{made.name}` already",
                hint="use `MutableStep.IGNORE` or `MutableStep.OVERRIDE`",
            )
        if known:
            self._decorators[self._decorators.index(known[0])] = made
            self._decorators[:] = [other for other in self._decorators if other not in known]
        else:
            self._decorators.insert(0, made)
        return made.user if isinstance(made, Applied) else made

    def remove_decorator(
        self, deco_name: str, deco_args: Sequence[Any] | None = None, deco_kwargs: dict[str, Any] | None = None
    ) -> bool:
        """Take decorators off the step.

        Args:
            deco_name: Their name, short or full.
            deco_args: Only those with these arguments.
            deco_kwargs: Only those with these arguments.

        Returns:
            True when there was one.

        Raises:
            UsageError: It is a step mutator, which can be removed in `pre_mutate` only.
        """
        found = matching(self._decorators, deco_name, deco_args, deco_kwargs)
        if any(issubclass(class_of(decorator), StepMutator) for decorator in found):
            self.flow.refuse_late(f"the step mutator `{deco_name}` cannot be removed")
        self._decorators[:] = [decorator for decorator in self._decorators if decorator not in found]
        return bool(found)

    def __repr__(self) -> str:
        return f"<MutableStep {self.name}>"
