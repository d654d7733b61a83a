"""A flow that the tests of `stepwell.testing` test."""

from __future__ import annotations

import os

from stepwell import FlowSpec, Parameter, current, retry, step


class Point:
    def __init__(self, x):
        self.x = x


class Train(FlowSpec):
    alpha = Parameter("alpha", default=0.5)
    needed = Parameter("needed", type=int, required=True)
    CONSTANT = (1, 2)

    @step
    def start(self):
        self.rows = list(range(self.needed))
        self.next(self.fit, foreach="rows")

    @retry(times=3)
    @step
    def fit(self):
        if self.input == 13:
            raise ValueError("unlucky")
        self.scaled = self.input * self.alpha
        self.where = (self.index, current.step_name, current.retry_count, current.get("project_name"))
        self.rows.append("changed")
        self.token = os.environ.get("TRAIN_TOKEN")
        os.environ["LEFT_BEHIND"] = "1"
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(i.scaled for i in inputs)
        self.merge_artifacts(inputs, include=["shared"])
        self.next(self.left, self.right)

    @step
    def left(self):
        self.point = Point(self.total)
        self.next(self.both)

    @step
    def right(self):
        self.broken = (n for n in range(3))
        self.next(self.both)

    @step
    def both(self, inputs):
        self.pair = (inputs.left.x, inputs.right.x)
        self.next(self.end)

    @step
    def end(self):
        print("at the end")


class Small(FlowSpec):
    n = Parameter("n", default=2)

    @step
    def start(self):
        self.items = list(range(self.n))
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.y = 10 // (self.input - 5)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.ys = [i.y for i in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass
