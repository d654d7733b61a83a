"""`Runner`: start flows as processes of their own from Python, and follow them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from stepwell.base import errors
from stepwell.base.compat_names import in_compat_mode
from stepwell.base.errors import ArgumentError, RunFailed, StepwellError
from stepwell.runner.child import Child
from stepwell.runner.executing import ExecutingRun, ExecutingTask, changed
from stepwell.runner.flow_file import place_of, require_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from stepwell.flow.spec import FlowSpec


class Runner:
    """Runs a flow in a process of its own: from scripts, threads, notebooks, web servers and running event loops.

    ```python
    with Runner("train.py", decospecs=["retry"]) as runner:
        result = runner.run(alpha=0.1, tags=["nightly"])
        print(result.status, result.run.data.score)
    ```

    Args:
        flow_file: Path of the flow file, `file.py:ClassName` for one of several flows in it, or the class itself.
        show_output: Print here what the run prints.
        profile: Name of a configuration profile.
        env: Further environment variables of the process.
        cwd: Its working directory.
        file_read_timeout: Seconds until the run must have begun.
        **kwargs: Options that stand before the command: `datastore`, `decospecs`, `namespace`, `branch`, `config` and
            so on, in the form that they have on the command line, with underscores.
    """

    def __init__(
        self,
        flow_file: str | os.PathLike[str] | type[FlowSpec],
        show_output: bool = True,
        profile: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        file_read_timeout: float = 3600,
        **kwargs: Any,
    ) -> None:
        self.show_output = show_output
        self.cwd = cwd
        self.file_read_timeout = file_read_timeout
        self._options = kwargs
        self._environ = {**(env or {})}
        if profile is not None:
            self._environ["STEPWELL_PROFILE"] = profile
        self._file, self._name = self._target(flow_file)
        self._children: list[Child] = []

    @property
    def flow_file(self) -> str:
        """The file that is run."""
        return self._file

    def run(self, **kwargs: Any) -> ExecutingRun:
        """Run the flow and wait for the end.

        Args:
            **kwargs: Parameters of the flow, and options of `run`: `tags`, `max_workers` and so on.

        Raises:
            ArgumentError: An argument is unknown or has the wrong type.
            StepwellError: The run could not begin; the type tells why.
            RunFailed: The process ended before the run began.
        """
        child = self._start("run", kwargs)
        with _ending_on_interrupt(child):
            return self._executing_run(child).wait_here()

    def resume(self, **kwargs: Any) -> ExecutingRun:
        """Go on from an earlier run and wait for the end.

        Args:
            **kwargs: Options of `resume`: `origin_run_id`, `step_to_rerun`, `tags` and so on. Errors as for `run`.
        """
        child = self._start("resume", kwargs)
        with _ending_on_interrupt(child):
            return self._executing_run(child).wait_here()

    def spin(self, pathspec: str, **kwargs: Any) -> ExecutingTask:
        """Run one step as a task with the inputs of a past one, and wait for the end.

        Args:
            pathspec: The step, or a past task of it, such as `TrainFlow/7/fit/3`.
            **kwargs: Options of `spin`: `artifacts_module`, `skip_decorators`, `persist`. Errors as for `run`.
        """
        child = self._start("spin", {"pathspec": pathspec, **kwargs})
        with _ending_on_interrupt(child):
            return self._executing_task(child).wait_here()

    async def async_run(self, **kwargs: Any) -> ExecutingRun:
        """As `run`, but return as soon as the run has its id."""
        child = self._start("run", kwargs)
        await self._begun(child, "run-began")
        return self._executing_run(child)

    async def async_resume(self, **kwargs: Any) -> ExecutingRun:
        """As `resume`, but return as soon as the run has its id."""
        child = self._start("resume", kwargs)
        await self._begun(child, "run-began")
        return self._executing_run(child)

    async def async_spin(self, pathspec: str, **kwargs: Any) -> ExecutingTask:
        """As `spin`, but return as soon as the task has begun."""
        child = self._start("spin", {"pathspec": pathspec, **kwargs})
        await self._begun(child, "spin-began")
        return self._executing_task(child)

    def cleanup(self) -> None:
        """End what still runs."""
        for child in self._children:
            child.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cleanup()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.cleanup)

    def _target(self, given: Any) -> tuple[str, str | None]:
        """File and class name."""
        if isinstance(given, type):
            place = place_of(given)
            return place.file, place.name
        if not isinstance(given, str | os.PathLike):
            raise ArgumentError(
                f"invalid type for `flow_file`: `{type(given).__name__}`, expected a path or a flow class",
                hint='such as `Runner("train.py")`',
            )
        path = os.fspath(given)
        file, colon, name = path.rpartition(":")
        if colon and name.isidentifier():
            return require_file(file, self.cwd), name
        return require_file(path, self.cwd), None

    def _command(self, command: str, given: dict[str, Any]) -> list[str]:
        configs = [*_config_arguments("config", given), *_config_arguments("config_value", given)]
        if self._name is None:
            # Python alone finds the aliases of compat mode where the wheel's `.pth` file is; this finds them anywhere.
            python = [sys.executable, *(["-m", "stepwell", "compat"] if in_compat_mode() else [])]
            return [*python, self._file, *configs, command]
        return [sys.executable, "-m", "stepwell", command, f"{self._file}:{self._name}", *configs]

    def _start(self, command: str, kwargs: dict[str, Any]) -> Child:
        given = {**self._options, **kwargs}
        line = self._command(command, given)
        plain = {name: _plain(name, value) for name, value in given.items()}
        environ = {**os.environ, **self._environ}
        child = Child(line, plain, environ=environ, cwd=self.cwd, show=self.show_output)
        self._children.append(child)
        return child

    def _executing_run(self, child: Child) -> ExecutingRun:
        return ExecutingRun(child, self._first(child, "run-began"))

    def _executing_task(self, child: Child) -> ExecutingTask:
        from stepwell.runner.spinning import session_of_spin

        began = self._first(child, "spin-began")
        return ExecutingTask(child, session_of_spin(began["datastore"]), began["pathspec"])

    def _first(self, child: Child, kind: str) -> dict[str, Any]:
        """The event with which it begins; waits for it."""
        try:
            in_time = child.wait_for(lambda: _answered(child, kind), self.file_read_timeout)
        except KeyboardInterrupt:
            child.end()
            raise
        if not in_time:
            child.end()
            raise self._too_late()
        began = child.event(kind)
        if began is None:
            raise self._refusal(child)
        return began

    async def _begun(self, child: Child, kind: str) -> None:
        try:
            in_time = await changed(child, lambda: _answered(child, kind), self.file_read_timeout)
        except asyncio.CancelledError:
            child.interrupt()
            raise
        if not in_time:
            await asyncio.to_thread(child.end)
            raise self._too_late()

    def _too_late(self) -> RunFailed:
        return RunFailed(
            f"`{os.path.basename(self._file)}` has not begun to run after {self.file_read_timeout:g} s",
            hint="look at what the file does when it is imported, or raise `file_read_timeout`",
        )

    def _refusal(self, child: Child) -> StepwellError:
        """Why nothing was run."""
        child.wait_for(lambda: False, None)
        refused = child.event("refused")
        if refused is None:
            said = child.output("stderr").strip() or child.output("stdout").strip() or "it printed nothing"
            return RunFailed(
                f"`{' '.join(child.command[1:])}` ended with exit code {child.returncode} before the run began:\n{said}"
            )
        kind: Any = getattr(errors, refused["error"], None)
        if kind is errors.LintError:
            return errors.LintError(f"{refused['message']}:\n{child.output('stderr').strip()}", ())
        if isinstance(kind, type) and issubclass(kind, StepwellError):
            try:
                return kind(refused["message"], hint=refused["hint"])
            except TypeError:
                pass
        return RunFailed(refused["message"], hint=refused["hint"])


@contextmanager
def _ending_on_interrupt(child: Child) -> Iterator[None]:
    """Within: a Ctrl-C at whatever moment leaves no process behind."""
    try:
        yield
    except KeyboardInterrupt:
        child.end()
        raise


def _answered(child: Child, kind: str) -> bool:
    return any(event.get("type") in (kind, "refused") for event in child.events)


def _config_arguments(option: str, given: dict[str, Any]) -> list[str]:
    """Configs as they are typed: they are read before anything else is."""
    value = given.pop(option, None)
    if value is None:
        return []
    if isinstance(value, dict):
        pairs = list(value.items())
    else:
        try:
            pairs = [(str(name), content) for name, content in value]
        except (TypeError, ValueError):
            raise ArgumentError(
                f"invalid type for `{option}`: {value!r}, expected a list of pairs",
                hint=f"give names with their files or contents: `{option}=[(name, ...)]`",
            ) from None
    flag = "--" + option.replace("_", "-")
    arguments: list[str] = []
    for name, content in pairs:
        text = content if isinstance(content, str) else os.fspath(content) if isinstance(content, os.PathLike) else None
        arguments += [flag, name, json.dumps(content) if text is None else text]
    return arguments


def _plain(name: str, value: Any) -> Any:
    """The value as plain JSON, which is what parameters and options can be.

    Raises:
        ArgumentError: It is something else.
    """
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, tuple | set | frozenset):
        value = list(value)
    numpy_like = getattr(value, "item", None)
    if numpy_like is not None and getattr(value, "shape", None) == ():
        value = numpy_like()
    try:
        json.dumps(value, allow_nan=True)
    except (TypeError, ValueError):
        raise ArgumentError(
            f"invalid type for `{name}`: a value of type `{type(value).__name__}` cannot be handed to another process",
            hint="give text, a number, true or false, or lists and dicts of these; larger things go into a file",
        ) from None
    return value
