"""A step that does nothing and repeats itself, `--tasks` times in all."""

from stepwell import FlowSpec, Parameter, step


class Repeat(FlowSpec):
    tasks = Parameter("tasks", default=1)

    @step
    def start(self):
        self.count = 0
        self.next(self.work)

    @step
    def work(self):
        self.count += 1
        self.more = self.count < self.tasks
        self.next({True: self.work, False: self.end}, condition="more")

    @step
    def end(self):
        pass


if __name__ == "__main__":
    Repeat()
