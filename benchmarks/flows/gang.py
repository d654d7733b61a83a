"""A gang of `--tasks` tasks that do nothing."""

from stepwell import FlowSpec, Parameter, parallel, step


class Gang(FlowSpec):
    tasks = Parameter("tasks", default=1)

    @step
    def start(self):
        self.next(self.work, num_parallel=self.tasks)

    @parallel
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
    Gang()
