"""`namespaced_event_name`: names of events that belong to a project and a branch of it."""

from __future__ import annotations

from typing import Any

from stepwell.base.errors import ArgumentError
from stepwell.flow.current import current

_PREFIX = "mfns"


class NamespacedEventName:
    """A name that is complete once it is known for which project and branch; see `namespaced_event_name`."""

    def __init__(self, event_name: str) -> None:
        self.event_name = event_name

    def __call__(self, context: Any = None) -> str:
        """The full name.

        Args:
            context: What knows `project_name` and `branch_name`; the running task by default.
        """
        known = context if getattr(context, "project_name", None) is not None else current
        parts = [getattr(known, name, None) for name in ("project_name", "branch_name")]
        return ".".join([_PREFIX, *(str(part) for part in parts if part), self.event_name])

    def __repr__(self) -> str:
        return f"namespaced_event_name({self.event_name!r})"


def namespaced_event_name(event_name: str) -> NamespacedEventName:
    """An event name of the flow's own project and branch, for `@trigger(event=...)` and `ArgoEvent(...)`.

    Args:
        event_name: The name without its namespace.

    Returns:
        A function that gives `mfns.<project>.<branch>.<event_name>` when the flow is deployed or runs, and
        `mfns.<event_name>` without `@project`.
    """
    given: Any = event_name
    if not isinstance(given, str) or not given:
        raise ArgumentError(f"invalid type for `event_name`: {event_name!r}, expected `str`", hint="give a name")
    return NamespacedEventName(event_name)
