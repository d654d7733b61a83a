"""What to say when a step uses an attribute that is not there."""

from __future__ import annotations

from typing import Any

from stepwell.flow.parameter import Parameter


def missing_attribute(flow: Any, name: str) -> str:
    """The message for `self.<name>` when there is nothing of that name."""
    import difflib

    runtime = flow.__dict__.get("_stepwell_runtime")
    if isinstance(getattr(type(flow), name, None), Parameter):
        return f"the parameter `{name}` has no value outside of a run"
    if runtime is None:
        return f"`{type(flow).__name__}` has no attribute `{name}`"
    if name in flow.__dict__.get("_stepwell_deleted", ()):
        return f"`self.{name}` was deleted in step `{runtime.step}`"
    message = f"`self.{name}` does not exist in step `{runtime.step}`"
    known = [*runtime.names(), *(key for key in flow.__dict__ if not key.startswith("_stepwell"))]
    known += [key for key in dir(type(flow)) if not key.startswith("_")]
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"{message}; did you mean `self.{close[0]}`?"
    if runtime.is_join:
        return (
            f"{message}: a join does not inherit the artifacts of its branches; take it from `inputs`, "
            "or call `self.merge_artifacts(inputs)` first"
        )
    return f"{message}: no step before it sets it"
