"""`current`: what a step can know about the run that it is part of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Parallel(NamedTuple):
    """Where a task stands in its gang.

    Attributes:
        main_ip: Address of the machine that the first task runs on.
        num_nodes: How many tasks there are.
        node_index: Which one this is, from 0.
        control_task_id: Task id of the first, as text; None outside of a gang.
    """

    main_ip: str
    num_nodes: int
    node_index: int
    control_task_id: str | None


class Current:
    """The running task: `current.run_id`, `current.step_name`, `current.retry_count` and so on.

    There is one, and it describes the task of this process. Outside of a task, identity is None. Decorators add
    attributes of their own.
    """

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._factories: dict[str, Callable[[], Any]] = {}

    @property
    def is_running_flow(self) -> bool:
        """True within a task."""
        return bool(self._values.get("is_running_flow"))

    @property
    def flow_name(self) -> str | None:
        """Name of the flow."""
        return self._text("flow_name")

    @property
    def run_id(self) -> str | None:
        """Id of the run, as text."""
        return self._text("run_id")

    @property
    def step_name(self) -> str | None:
        """Name of the step."""
        return self._text("step_name")

    @property
    def task_id(self) -> str | None:
        """Id of the task, as text."""
        return self._text("task_id")

    @property
    def retry_count(self) -> int:
        """Number of this attempt: 0 for the first."""
        return int(self._values.get("retry_count") or 0)

    @property
    def origin_run_id(self) -> str | None:
        """Id of the run that this one resumes, None for a run of its own."""
        return self._text("origin_run_id")

    @property
    def pathspec(self) -> str | None:
        """`Flow/run/step/task`."""
        parts = [self._text(name) for name in ("flow_name", "run_id", "step_name", "task_id")]
        known = [part for part in parts if part is not None]
        return "/".join(known) if len(known) == len(parts) else None

    @property
    def namespace(self) -> str | None:
        """Namespace of the run, for example `user:ada`."""
        return self._text("namespace")

    @property
    def username(self) -> str | None:
        """Who runs it."""
        return self._text("username")

    @property
    def tags(self) -> set[str]:
        """User tags that the run started with."""
        return set(self._values.get("tags") or ())

    @property
    def tempdir(self) -> str | None:
        """A folder for temporary files of this task."""
        return self._text("tempdir")

    @property
    def graph(self) -> Any:
        """The graph of the flow, as plain data.

        Raises:
            RuntimeError: No flow is running.
        """
        if "graph" not in self._values and "graph" not in self._factories:
            raise RuntimeError("`current.graph` is there only while a flow runs")
        return self._made("graph")

    graph_info = graph

    @property
    def is_parallel(self) -> bool:
        """True within a gang, that is in a step with `@parallel`."""
        return bool(self._values.get("is_parallel"))

    @property
    def parallel(self) -> Parallel:
        """Where this task stands in its gang; outside of one, it is the only task."""
        found: Parallel | None = self._values.get("parallel")
        return found or Parallel("127.0.0.1", 1, 0, None)

    @property
    def parameter_names(self) -> list[str]:
        """Attribute names of the flow's parameters."""
        return list(self._values.get("parameter_names") or ())

    @property
    def task(self) -> Any:
        """This task as a client object, None outside of a run."""
        return self._made("task")

    @property
    def run(self) -> Any:
        """This run as a client object, None outside of a run."""
        return self._made("run")

    def get(self, key: str, default: Any = None) -> Any:
        """The attribute of that name, `default` when it is not there or None."""
        try:
            value = getattr(self, key)
        except (AttributeError, RuntimeError):
            return default
        return default if value is None else value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._values or name in self._factories:
            return self._made(name)
        known = [key for key in self.__dir__() if not key.startswith("_")]
        raise AttributeError(f"`current` has no `{name}`; there are: {', '.join(f'`{key}`' for key in known)}")

    def __dir__(self) -> list[str]:
        own = [name for name, value in vars(Current).items() if isinstance(value, property)]
        return sorted({"get", *own, *self._values, *self._factories})

    def __repr__(self) -> str:
        return f"<current {self.pathspec}>" if self.pathspec else "<current: no flow is running>"

    def _text(self, name: str) -> str | None:
        value = self._values.get(name)
        return None if value is None else str(value)

    def _made(self, name: str) -> Any:
        if name not in self._values and name in self._factories:
            self._values[name] = self._factories[name]()
        return self._values.get(name)


current = Current()


def set_current(**values: Any) -> None:
    """Say what `current` answers; for the task, and for decorators that add attributes.

    Args:
        **values: Attributes by name. For `task`, `run` and `graph`, a function without arguments may stand for the
            value; it is called on first use.
    """
    for name, value in values.items():
        if name in ("task", "run", "graph") and callable(value):
            current._factories[name] = value  # noqa: SLF001 - this module's own class
            current._values.pop(name, None)  # noqa: SLF001
        else:
            current._values[name] = value  # noqa: SLF001


def clear_current() -> None:
    """Forget everything: no task is running any more."""
    current._values.clear()  # noqa: SLF001 - this module's own class
    current._factories.clear()  # noqa: SLF001


def take_current() -> Callable[[], None]:
    """Empty `current` for a task that runs within another one.

    Returns:
        Brings back what `current` answered before.
    """
    values, factories = dict(current._values), dict(current._factories)  # noqa: SLF001 - this module's own class
    clear_current()

    def put_back() -> None:
        clear_current()
        current._values.update(values)  # noqa: SLF001
        current._factories.update(factories)  # noqa: SLF001

    return put_back


def note_fact(name: str, text: str) -> None:
    """Record a fact with the result of the running task; nothing happens when none runs."""
    facts = current._values.get("_facts")  # noqa: SLF001 - this module's own class
    if facts is not None:
        facts[name] = text
