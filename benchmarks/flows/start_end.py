"""Two steps that do nothing."""

from stepwell import FlowSpec, step


class StartEnd(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    StartEnd()
