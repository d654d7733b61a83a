"""The `inputs` of a join: one flow object per branch, made when it is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from stepwell.base.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Inputs:
    """The branches that a join gets, in order: `inputs[0].x`, `inputs.step_name.x`, `for i in inputs`, `len(inputs)`.

    Args:
        steps: For each input, the name of the step that it comes from.
        make: Makes the flow object of an input from its 0-based position; called once per position, on first use.
        join: The joining step, for messages.
    """

    def __init__(self, steps: Sequence[str], make: Callable[[int], Any], *, join: str = "join") -> None:
        self._stepwell_steps = steps
        self._stepwell_make = make
        self._stepwell_join = join
        self._stepwell_made: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self._stepwell_steps)

    def __iter__(self) -> Iterator[Any]:
        return (self._stepwell_input(position) for position in range(len(self)))

    @overload
    def __getitem__(self, position: int) -> Any: ...

    @overload
    def __getitem__(self, position: slice) -> list[Any]: ...

    def __getitem__(self, position: int | slice) -> Any:
        count = len(self)
        if isinstance(position, slice):
            return [self._stepwell_input(index) for index in range(*position.indices(count))]
        index = position + count if position < 0 else position
        if not 0 <= index < count:
            raise IndexError(f"`inputs[{position}]` does not exist: step `{self._stepwell_join}` has {count} inputs")
        return self._stepwell_input(index)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        steps = self._stepwell_steps
        positions = []
        for position, step in enumerate(steps):
            if step == name:
                positions.append(position)
                if len(positions) > 1:
                    raise AttributeError(
                        f"`inputs.{name}` is not one input: several tasks of `{name}` lead to step "
                        f"`{self._stepwell_join}`; write `inputs[0]` or `for i in inputs`"
                    )
        if not positions:
            known = ", ".join(f"`{step}`" for step in sorted(set(steps))) or "none, for the foreach was empty"
            raise AttributeError(
                f"no input of step `{self._stepwell_join}` comes from a step `{name}`; the steps before it are: {known}"
            )
        return self._stepwell_input(positions[0])

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *set(self._stepwell_steps)]

    def __repr__(self) -> str:
        return f"<{len(self)} inputs of step {self._stepwell_join}>"

    def __reduce_ex__(self, protocol: object) -> Any:
        raise StepError(
            "the inputs of a join cannot be stored",
            hint="assign what you need from them, such as `self.scores = [i.score for i in inputs]`",
        )

    def _stepwell_input(self, position: int) -> Any:
        found = self._stepwell_made.get(position)
        if found is None:
            found = self._stepwell_made[position] = self._stepwell_make(position)
        return found
