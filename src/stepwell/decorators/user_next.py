"""Going on from a step that did not say itself where to: by what its file says, with what a decorator changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.base.errors import StepError
from stepwell.flow.next_call import case_text
from stepwell.flow.parse import build_graph
from stepwell.flow.spec import next_again

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepwell.flow.written import NextCall

_CHANGEABLE = {"foreach": "foreach", "gang": "num_parallel", "switch": "condition"}


def call_next(flow: Any, step: str, changes: Mapping[str, Any]) -> None:
    """Call `self.next` as the step's last line has it.

    Args:
        flow: The flow object.
        step: The step.
        changes: Arguments to give in place of those in the file: `foreach`, `num_parallel` or `condition`, whichever
            the step has.

    Raises:
        StepError: The step has no such argument, or starts a gang of which it is not known how large it is.
    """
    graph = build_graph(type(flow))
    call = graph.steps[step].next
    if call is None:
        if changes:
            raise StepError(
                f"step `{step}` leads nowhere, so that it cannot be given `{next(iter(changes))}` for `self.next`",
                hint="skip it with `USER_SKIP_STEP`",
            )
        return
    allowed = _CHANGEABLE.get(call.form, "")
    for name in changes:
        if name != allowed:
            raise StepError(
                f"`self.next` in step `{step}` cannot be given `{name}` by a decorator",
                hint=f"it can be given `{allowed}`" if allowed else "where the step leads is fixed by its file",
            )
    arguments: dict[str, Any] = {}
    if call.form == "gang" and not changes:
        raise StepError(
            f"step `{step}` starts a gang, and as it did not run it is not known how large",
            hint='say it: `{"num_parallel": 4}`',
        )
    if allowed:
        arguments[allowed] = changes.get(allowed, getattr(call, allowed, None))
    if call.form == "switch":
        targets: tuple[Any, ...] = (_cases(flow, call, arguments[allowed]),)
    else:
        targets = tuple(getattr(flow, target.name) for target in call.targets)
    next_again(flow, *targets, **arguments)


def _cases(flow: Any, call: NextCall, condition: str) -> dict[Any, Any]:
    """The cases of a switch, under the value that decides where one has its text: a graph keeps only texts of cases."""
    value = getattr(flow, condition, None)
    text = case_text(value)
    return {value if target.case == text else target.case: getattr(flow, target.name) for target in call.targets}
