"""Artifacts of Metaflow's as artifacts of ours: no code of the flow's runs for it.

Plain values are written anew, so that they can be shown and compared like any other; everything else keeps its pickle
and is loaded when somebody asks for it, as in Metaflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from stepwell.artifacts.foreign_pickles import NotPlain, read_plain, take_over
from stepwell.artifacts.writer import ArtifactWriter
from stepwell.base.errors import CaughtException

if TYPE_CHECKING:
    from stepwell.compat.metaflow_files import MetaflowFiles, MetaflowTask
    from stepwell.documents.refs import ArtifactRef, ItemsRef
    from stepwell.store.blobs import BlobStore

#: What Metaflow keeps among the artifacts for itself; what it says stands elsewhere here.
INTERNAL = frozenset(
    "name _graph_info _task_ok _success _exception _transition _current_step _foreach_stack _foreach_var "  # noqa: SIM905
    "_foreach_num_splits _foreach_values _unbounded_foreach _iteration_stack _configs_processed _catch_exception "
    "_parallel_ubf_iter _control_mapper_tasks _control_task_is_mapper_zero".split()
)

# Larger ones keep their pickle: reading them twice would cost more than a preview is worth.
_MOST_TO_READ = 64 << 20


class _Wrapper:
    """Stands for `MetaflowExceptionWrapper`: an exception as three texts."""

    def __init__(self, *_: Any) -> None:
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: Any) -> None:
        self.state = dict(state) if isinstance(state, dict) else {}


class _Included:
    """Stands for `IncludedFile`: where the content of a file is."""

    def __setstate__(self, state: Any) -> None:
        self.descriptor: dict[str, Any] = dict(state.get("_descriptor") or {}) if isinstance(state, dict) else {}


class _Frame(tuple[Any, ...]):
    """Stands for `ForeachFrame`: step, variable, number of splits, index, text of the item."""

    __slots__ = ()

    def __new__(cls, *values: Any) -> Self:
        return super().__new__(cls, values)


_STAND_INS: dict[tuple[str, str], type] = {
    ("metaflow.exception", "MetaflowExceptionWrapper"): _Wrapper,
    ("metaflow.includefile", "IncludedFile"): _Included,
    ("", "ForeachFrame"): _Frame,
}


class ValueImporter:
    """Takes over the values of one flow; a value that many tasks share is read once.

    Args:
        files: Where they are.
        flow: The flow.
        blobs: Where they go.
    """

    def __init__(self, files: MetaflowFiles, flow: str, blobs: BlobStore) -> None:
        self._files = files
        self._flow = flow
        self._blobs = blobs
        self._writer = ArtifactWriter(blobs)
        self._refs: dict[str, ArtifactRef] = {}

    def artifacts(self, task: MetaflowTask, attempt: int) -> dict[str, ArtifactRef]:
        """References of the artifacts of an attempt, Metaflow's own left out."""
        found = self._files.artifacts(task, attempt)
        return {name: self._ref(name, *found[name]) for name in sorted(found) if name not in INTERNAL}

    def internal(self, task: MetaflowTask, attempt: int, name: str, default: Any = None) -> Any:
        """The value of an artifact that is plain data; `default` when there is none, or it is not."""
        found = self._files.artifacts(task, attempt).get(name)
        if found is None:
            return default
        try:
            value = read_plain(self._files.blob(self._flow, found[0]), _STAND_INS)
            return self._own(value) if isinstance(value, (_Wrapper, _Included)) else value
        except NotPlain:
            return default

    def items(self, task: MetaflowTask, attempt: int, variable: str) -> ItemsRef | None:
        """The items of a foreach one by one; None when they are not plain data."""
        value = self.internal(task, attempt, variable)
        return None if value is None else self._writer.store_items(value, variable)

    def _ref(self, name: str, digest: str, type_name: str) -> ArtifactRef:
        ref = self._refs.get(digest)
        if ref is None:
            ref = self._refs[digest] = self._take(name, self._files.blob(self._flow, digest), type_name)
        return ref

    def _take(self, name: str, stream: bytes, type_name: str) -> ArtifactRef:
        if len(stream) <= _MOST_TO_READ:
            try:
                value = self._own(read_plain(stream, _STAND_INS))
                return self._writer.store(name, value)
            except NotPlain:
                pass
        return take_over(stream, type_name, self._blobs)

    def _own(self, value: Any) -> Any:
        """A value whose type is Metaflow's as one of ours.

        Raises:
            NotPlain: It holds such values within.
        """
        if isinstance(value, _Wrapper):
            return _caught(value)
        if isinstance(value, _Included):
            return self._content(value.descriptor)
        if _holds_stand_in(value):
            raise NotPlain("a type of Metaflow's within")
        return value

    def _content(self, descriptor: dict[str, Any]) -> str | bytes:
        content = self._files.included(self._flow, str(descriptor.get("url") or ""))
        if content is None:
            raise NotPlain("the included file is gone")
        if not descriptor.get("is_text", True):
            return content
        return content.decode(str(descriptor.get("encoding") or "utf-8"), errors="replace")


def _caught(wrapper: _Wrapper) -> CaughtException:
    state = wrapper.state
    return CaughtException(
        str(state.get("type") or ""), str(state.get("exception") or ""), str(state.get("stacktrace") or "")
    )


def _holds_stand_in(value: Any) -> bool:
    """True when a container holds one of Metaflow's types, at any depth."""
    waiting, seen = [value], set()
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        if isinstance(part, (_Wrapper, _Included, _Frame)):
            return True
        if isinstance(part, dict):
            seen.add(id(part))
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, (list, tuple, set, frozenset)):
            seen.add(id(part))
            waiting += part
    return False
