"""Where every task's result stands: a few bytes per task, however many there are."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from stepwell.documents.refs import ResultRef

if TYPE_CHECKING:
    from collections.abc import Iterable


class Ledger:
    """Task number to step, attempt and locator, for one run.

    Args:
        run: The run's id.
        parameters: Locator of the `_parameters` task's result.
    """

    def __init__(self, run: str, parameters: str) -> None:
        self._run = run
        self._names = ["_parameters"]
        self._numbers = {"_parameters": 0}
        self._steps = array("H", [0])
        self._attempts = bytearray(1)
        self._locators = [parameters]

    def add(self, task: int, step: str) -> None:
        """A task exists now; its number is the next one."""
        assert task == len(self._locators)
        number = self._numbers.get(step)
        if number is None:
            number = self._numbers[step] = len(self._names)
            self._names.append(step)
        self._steps.append(number)
        self._attempts.append(0)
        self._locators.append("")

    def knows(self, task: int) -> bool:
        """True when the task was added."""
        return task < len(self._locators)

    def settle(self, task: int, attempt: int, locator: str) -> None:
        """The task's latest result stands at this locator."""
        self._attempts[task] = attempt
        self._locators[task] = locator

    def forget(self, task: int) -> None:
        """Nothing asks for the task's result any more; what is left of it is its step."""
        self._locators[task] = ""

    def step(self, task: int) -> str:
        """The task's step."""
        return self._names[self._steps[task]]

    def ref(self, task: int) -> ResultRef:
        """The reference of the task's latest result."""
        return ResultRef(self._run, self.step(task), task, self._attempts[task], self._locators[task])

    def refs(self, tasks: Iterable[int]) -> tuple[ResultRef, ...]:
        """References in the order given."""
        return tuple(self.ref(task) for task in tasks)
