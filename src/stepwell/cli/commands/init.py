"""`init`: a commented flow to start from, which runs as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stepwell.base.errors import StepwellError, UsageError
from stepwell.cli.options import StepwellCommand

if TYPE_CHECKING:
    from stepwell.cli.session import Session

DEFAULT_FILE = "flow.py"

STARTER = '''"""A flow to start from. Run it with `python {file} run`, then look with `stepwell show {flow}`."""

from stepwell import FlowSpec, Parameter, step


class {flow}(FlowSpec):
    """Find the best of a few candidates."""

    # A parameter is given on the command line: `python {file} run --candidates 8`.
    candidates = Parameter("candidates", default=4, help="how many candidates to try")

    @step
    def start(self):
        """Prepare the work."""
        # Whatever is assigned to `self` is an artifact: it is stored, versioned, and there in later steps.
        self.sizes = [10 * (number + 1) for number in range(self.candidates)]
        # One task of `measure` for each item of `self.sizes`; they run at the same time.
        self.next(self.measure, foreach="sizes")

    @step
    def measure(self):
        """Measure one candidate."""
        self.size = self.input  # the item of this task
        self.score = 1 - abs(self.size - 30) / 100
        print(f"size {{self.size}} scores {{self.score:.2f}}")
        self.next(self.pick)

    @step
    def pick(self, inputs):
        """Join the candidates and keep the best."""
        best = max(inputs, key=lambda task: task.score)
        self.best_size = best.size
        self.best_score = best.score
        self.next(self.end)

    @step
    def end(self):
        """Say what was found."""
        print(f"the best size is {{self.best_size}}, with a score of {{self.best_score:.2f}}")


if __name__ == "__main__":
    {flow}()
'''


def command(session: Session) -> click.Command:
    """The command."""

    def run(*, file: str) -> None:
        path = Path(file if file.endswith(".py") else f"{file}.py")
        write_starter(path)
        session.print(
            [
                f"Wrote {path}. It runs as it is:",
                "",
                f"  python {path} run",
                f"  stepwell show {flow_name(path)}/latest",
            ]
        )

    argument = click.Argument(["file"], default=DEFAULT_FILE)
    return StepwellCommand(
        "init",
        callback=run,
        params=[argument],
        help=f"Write a commented flow to FILE ({DEFAULT_FILE}) that runs as it is; never over an existing file.",
    )


def write_starter(path: Path) -> None:
    """Write the starter flow.

    Raises:
        UsageError: The file exists.
        StepwellError: It cannot be written.
    """
    text = STARTER.format(file=path.name, flow=flow_name(path))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"`{path}` exists", hint="give another name: `stepwell init other.py`") from error
    except OSError as error:
        raise StepwellError(f"`{path}` cannot be written: {error.strerror}", hint="choose another folder") from error


def flow_name(path: Path) -> str:
    """The class name that fits a file: `train_model.py` holds `TrainModelFlow`."""
    words = "".join(character if character.isalnum() and character.isascii() else " " for character in path.stem)
    name = "".join(word[:1].upper() + word[1:] for word in words.split())
    if not name or name == "Flow" or name[0].isdigit():
        name = f"My{name}"
    return name if name.endswith("Flow") else f"{name}Flow"
