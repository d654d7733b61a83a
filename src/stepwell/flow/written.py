"""The steps of a flow as they are written: plain data that the graph is made from, each with its place."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

from stepwell.documents.graph import DecoratorSpec  # noqa: TC001 - part of a Struct

Form = Literal["linear", "branch", "foreach", "gang", "switch"]


class Place(Struct, frozen=True):
    """Where something stands in a file.

    Attributes:
        file: The path as the user would type it.
        line: 1-based.
        column: 1-based.
        end_column: 1-based, just after the text; 0 when unknown.
        text: The line of source.
    """

    file: str = ""
    line: int = 0
    column: int = 0
    end_column: int = 0
    text: str = ""


class Target(Struct, frozen=True):
    """One target of a transition; in a switch with its case, as text and as value (None: no config is read yet)."""

    name: str
    place: Place
    case: str | None = None
    value: str | int | float | None = None


class NextCall(Struct, frozen=True, kw_only=True):
    """A `self.next(...)` as it is written.

    Attributes:
        form: What kind of transition it is.
        targets: In the order written.
        foreach: Name of the artifact iterated over.
        condition: Name of the artifact that decides a switch.
        limit: The most tasks of a foreach that run at once.
        place: The whole call.
    """

    form: Form
    targets: tuple[Target, ...]
    place: Place
    foreach: str | None = None
    condition: str | None = None
    limit: int | None = None


class StepSource(Struct, frozen=True, kw_only=True):
    """A step as it is written.

    Attributes:
        name: Step name.
        place: The name after `def`.
        file: Absolute path of the file.
        doc: The docstring, without common indentation.
        arguments: Names of the arguments, the first (`self`) included.
        start: True when marked `@step(start=True)`.
        end: True when marked `@step(end=True)`.
        node_info: What `@step(node_info=...)` said.
        next: The transition, None when there is none or when it cannot be understood.
        calls: Every `self.next` call in the body, in order.
        broken: True when the transition has a fault, so that it is not known where the step leads.
        assigned: Attributes of `self` that the body sets, with their first place.
        decorators: Outermost first.
        kind: What sort of function it is.
    """

    name: str
    place: Place
    file: str = ""
    doc: str = ""
    arguments: tuple[str, ...] = ("self",)
    start: bool = False
    end: bool = False
    node_info: dict[str, Any] = field(default_factory=dict)
    next: NextCall | None = None
    calls: tuple[Place, ...] = ()
    broken: bool = False
    assigned: tuple[tuple[str, Place], ...] = ()
    decorators: tuple[DecoratorSpec, ...] = ()
    kind: Literal["plain", "generator", "async"] = "plain"

    @property
    def is_join(self) -> bool:
        """True when the step takes `inputs`."""
        return len(self.arguments) > 1

    @property
    def splits(self) -> bool:
        """True when several branches come out of the step, to be joined later; a switch takes one of its ways."""
        return self.next is not None and self.next.form in ("branch", "foreach", "gang")


class ParameterSource(Struct, frozen=True, kw_only=True):
    """A parameter as it is declared, with the faults of its declaration: pairs of message and hint."""

    name: str
    attribute: str
    place: Place
    faults: tuple[tuple[str, str], ...] = ()
