"""A foreach whose tasks leave one small artifact each. With BENCH_FAIL=1 its join fails."""

import os

from stepwell import FlowSpec, Parameter, step


class Artifacts(FlowSpec):
    tasks = Parameter("tasks", default=1)

    @step
    def start(self):
        self.items = range(self.tasks)
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.value = self.input
        self.next(self.join)

    @step
    def join(self, inputs):
        if os.environ.get("BENCH_FAIL") == "1":
            raise RuntimeError("this join was asked to fail")
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    Artifacts()
