"""The same foreach in a flow that imports numpy and pandas."""

import numpy as np  # noqa: F401
import pandas as pd  # noqa: F401

from stepwell import FlowSpec, Parameter, step


class ForeachNumpy(FlowSpec):
    tasks = Parameter("tasks", default=1)

    @step
    def start(self):
        self.items = range(self.tasks)
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    ForeachNumpy()
