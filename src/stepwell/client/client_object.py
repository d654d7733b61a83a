"""What all objects of the client have in common: a path, a session, tags, children."""
# The classes of the client are friends: they make each other and share what was read.
# ruff: noqa: SLF001

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from stepwell.base.errors import InvalidPathspec, NamespaceMismatch, NotFound, UsageError
from stepwell.base.pathspec import is_safe_name
from stepwell.client.session import ClientSession, default_session, session_at

if TYPE_CHECKING:
    from collections.abc import Iterator

Child = TypeVar("Child", bound="ClientObject[Any]")

_SHAPES = ("FlowName", "RunID", "StepName", "TaskID", "ArtifactName")


class ClientObject(Generic[Child]):
    """A flow, run, step, task or artifact.

    Args:
        pathspec: Where it is, such as `TrainFlow/7/fit/3`.
        attempt: For tasks and artifacts, which attempt; None for the last.
        session: Where to look; None for the default session.

    Raises:
        InvalidPathspec: The pathspec does not have the parts that the class needs.
        NotFound: Nothing is there.
        NamespaceMismatch: It is there, in another namespace.
    """

    _depth: ClassVar[int]
    _by_depth: ClassVar[dict[int, type[ClientObject[Any]]]] = {}

    _session: ClientSession
    _names: tuple[str, ...]
    _attempt: int | None

    def __init_subclass__(cls) -> None:
        # Parents are made through this table, so that modules need not import each other in a circle.
        ClientObject._by_depth[cls._depth] = cls

    def __init__(self, pathspec: str, attempt: int | None = None, *, session: ClientSession | None = None) -> None:
        self._session = session or default_session()
        self._names = self._parse(pathspec)
        self._attempt = self._check_attempt(attempt)
        if not self._find():
            raise self._not_found()
        self._check_namespace()

    @classmethod
    def _made(cls, session: ClientSession, names: tuple[str, ...], attempt: int | None = None) -> Self:
        """An object that is known to exist and may be seen."""
        made = cls.__new__(cls)
        made._session = session
        made._names = names
        made._attempt = attempt
        return made

    # -- what a class says about itself

    def _find(self) -> bool:
        """Look whether it exists; remembers what was read."""
        raise NotImplementedError

    def _children(self) -> Iterator[Child]:
        """Children, newest first, filtered by namespace."""
        raise NotImplementedError

    def _child(self, name: str) -> Child | None:
        """The child of a name, hidden ones included; None when there is none."""
        raise NotImplementedError

    def _key_names(self) -> list[str]:
        """Names of children to suggest in a notebook."""
        return [child.id for child in self._children()]

    @classmethod
    def _parse(cls, pathspec: object) -> tuple[str, ...]:
        parts = tuple(pathspec.strip().strip("/").split("/")) if isinstance(pathspec, str) else ()
        if len(parts) != cls._depth or not all(map(is_safe_name, parts)):
            shape = "/".join(_SHAPES[: cls._depth])
            raise InvalidPathspec(
                f"Expects {cls.__name__}('{shape}'), not {cls.__name__}({pathspec!r})",
                hint=f"give {cls._depth} name{'s' if cls._depth > 1 else ''}, separated by slashes",
            )
        return parts

    @classmethod
    def _check_attempt(cls, attempt: object) -> int | None:
        if attempt is None:
            return None
        if cls._depth < 4:
            raise UsageError(f"`attempt` is for tasks and artifacts; a {cls.__name__.lower()} has none")
        if isinstance(attempt, bool) or not isinstance(attempt, int) or attempt < 0:
            raise UsageError(f"`attempt={attempt!r}` is no number of an attempt", hint="attempts count from 0")
        return attempt

    def _not_found(self) -> NotFound:
        what = type(self).__name__.lower()
        attempt = f" with attempt {self._attempt}" if self._attempt is not None else ""
        hint = "`stepwell ls` lists what there is"
        if self._depth > 1:
            parent = class_at(self._depth - 1).__name__
            hint = f"`list({parent}('{'/'.join(self._names[:-1])}'))` lists what there is"
        return NotFound(f"there is no {what} `{self.pathspec}`{attempt} in `{self._session.datastore.url}`", hint=hint)

    # -- identity

    @property
    def id(self) -> str:
        """The last part of the pathspec."""
        return self._names[-1]

    @property
    def pathspec(self) -> str:
        """Where it is, such as `TrainFlow/7/fit/3`."""
        return "/".join(self._names)

    @property
    def path_components(self) -> list[str]:
        """The parts of the pathspec."""
        return list(self._names)

    @property
    def parent(self) -> Any:
        """The flow of a run, the run of a step, and so on; None for a flow."""
        if self._depth < 2:
            return None
        return class_at(self._depth - 1)._made(self._session, self._names[:-1])

    @property
    def origin_pathspec(self) -> str | None:
        """For what `resume` took over: where it came from; None otherwise."""
        return None

    @property
    def created_at(self) -> datetime | None:
        """When it began, in local time without a zone."""
        raise NotImplementedError

    # -- tags and namespace

    @property
    def tags(self) -> frozenset[str]:
        """User and system tags of the run."""
        user, system = self._tags()
        return user | system

    @property
    def user_tags(self) -> frozenset[str]:
        """Tags that users gave to the run."""
        return self._tags()[0]

    @property
    def system_tags(self) -> frozenset[str]:
        """Tags that the system gave to the run, such as `user:alice`."""
        return self._tags()[1]

    def _tags(self) -> tuple[frozenset[str], frozenset[str]]:
        return self._session.records.tags(self._names[0], self._names[1])

    def is_in_namespace(self) -> bool:
        """True when it is seen in the current namespace."""
        namespace = self._session.namespace
        return namespace is None or namespace in self.tags

    def _check_namespace(self) -> None:
        if not self.is_in_namespace():
            namespace = self._session.namespace
            raise NamespaceMismatch(
                f"Object not in namespace '{namespace}': `{self.pathspec}` belongs to another one",
                hint="`namespace(None)` sees the runs of everybody; `namespace('user:alice')` those of alice",
            )

    # -- children

    def __iter__(self) -> Iterator[Child]:
        return self._children()

    def __getitem__(self, name: str) -> Child:
        child = self._child(str(name))
        if child is None:
            raise KeyError(f"`{self.pathspec}` has no `{name}`")
        return child

    def __contains__(self, name: object) -> bool:
        return self._child(str(name)) is not None

    def _ipython_key_completions_(self) -> list[str]:
        return self._key_names()

    # -- Python's own

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ClientObject):
            return NotImplemented
        mine = (type(self), self._names, self._attempt, self._session.datastore.url)
        return mine == (type(other), other._names, other._attempt, other._session.datastore.url)

    def __hash__(self) -> int:
        return hash((type(self), self._names, self._attempt))

    def __repr__(self) -> str:
        attempt = f", attempt={self._attempt}" if self._attempt is not None else ""
        return f"{type(self).__name__}({self.pathspec!r}{attempt})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._depth, self.pathspec, self._attempt, self._session.datastore.url)


def _restored(depth: int, pathspec: str, attempt: int | None, url: str) -> ClientObject[Any]:
    """An object from its pickle: the path only, so that it shows what is there now, in any namespace."""
    cls = class_at(depth)
    restored = cls._made(session_at(url), cls._parse(pathspec), attempt)
    if not restored._find():
        raise restored._not_found()
    return restored


def class_at(depth: int) -> type[ClientObject[Any]]:
    """The class for a number of names in the pathspec: 1 for a flow, 2 for a run, and so on."""
    if depth not in ClientObject._by_depth:
        from importlib import import_module

        # The modules fill the table when they are imported; this one imports all others.
        import_module("stepwell.client.flow")
    return ClientObject._by_depth[depth]


def local_time(at: float | None) -> datetime | None:
    """Seconds since the epoch as local time without a zone."""
    return datetime.fromtimestamp(at) if at is not None else None
