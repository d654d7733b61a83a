"""What an IDE and a type checker make of the public names. Checked by mypy, never run."""

from __future__ import annotations

from typing import assert_type

from stepwell import Flow, FlowSpec, Parameter, Run, Task, current, resources, retry, step


class Typed(FlowSpec):
    alpha = Parameter("alpha", default=0.5)
    name_of_it = Parameter("name", default="x", help="a name")
    count = Parameter("count", type=int, required=True)

    @retry
    @step
    def start(self) -> None:
        assert_type(self.alpha, float)
        assert_type(self.name_of_it, str)
        assert_type(self.count, int)
        self.next(self.end)

    @retry(times=2, minutes_between_retries=0)
    @resources(cpu=2, memory=1000)
    @step
    def end(self) -> None:
        assert_type(current.run_id, str | None)


def read() -> None:
    run = Run("Typed/1")
    assert_type(run.successful, bool)
    assert_type(run.id, str)
    latest = Flow("Typed").latest_run
    assert_type(latest, Run | None)
    for found in run["start"]:
        assert_type(found, Task)
        assert_type(found.stdout, str)
