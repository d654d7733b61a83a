"""The smallest flow worth looking at: two steps, one parameter, one artifact.

python hello.py run --who Ada
"""

from stepwell import FlowSpec, Parameter, step


class HelloFlow(FlowSpec):
    """Greet somebody."""

    who = Parameter("who", help="Whom to greet", default="world")

    @step
    def start(self) -> None:
        """Compose the greeting. Whatever is assigned to `self` is kept as an artifact."""
        self.greeting = f"Hello, {self.who}!"
        self.next(self.end)

    @step
    def end(self) -> None:
        """Say it. The artifact came along from the step before, in another process."""
        print(self.greeting)


if __name__ == "__main__":
    HelloFlow()
