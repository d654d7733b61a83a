"""Testing flows: one step with given inputs in milliseconds, a whole flow in a second, a recorded task again.

```python
from stepwell.testing import run_flow, run_step

def test_training_scales_its_input():
    outcome = run_step(TrainFlow, "fit", artifacts={"rows": [1, 2]}, parameters={"alpha": 0.5})
    assert outcome.artifacts["score"] == 1.5
    assert outcome.next == ("evaluate",)
```

The pytest plugin of the package gives the same as fixtures, and a datastore of each test's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stepwell.testing.one_step import run_step
    from stepwell.testing.outcome import StepOutcome
    from stepwell.testing.replaying import replay
    from stepwell.testing.whole_flow import run_flow

__all__ = ("StepOutcome", "replay", "run_flow", "run_step")

_MODULES = {
    "StepOutcome": "outcome",
    "replay": "replaying",
    "run_flow": "whole_flow",
    "run_step": "one_step",
}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
