"""A foreach over `--tasks` items whose tasks do nothing."""

from stepwell import FlowSpec, Parameter, step


class Foreach(FlowSpec):
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
    Foreach()
