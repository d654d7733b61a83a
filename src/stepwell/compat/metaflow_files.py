"""Metaflow's local datastore, read as files: flows, runs, tasks, attempts, blobs, output. Nothing of it is changed."""

from __future__ import annotations

import gzip
import json
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from stepwell.base.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = ".metaflow"
_NOT_FLOWS = {"data", "mf.cards"}
_LOG_LINE = re.compile(rb"\[MFLOG(?:_MISSING)?\|0\|([^|\]]*)\|([^|\]]*)\|[^\]]*\]")
_ATTEMPT = re.compile(r"(\d+)\.(?:data\.json|attempt\.json|task_begin|DONE\.lock)\Z")


class Fact(NamedTuple):
    """A metadata record of a task: its name, its text, seconds since the epoch, and the attempt that it is of."""

    name: str
    value: str
    at: float
    attempt: int | None


class MetaflowTask(NamedTuple):
    """A task as the files have it.

    Attributes:
        step: Its step.
        task: Its id, a number or a text.
        folder: Where its files are.
        began: Seconds since the epoch.
        facts: Its metadata, oldest first.
        attempts: The numbers of its attempts.
    """

    step: str
    task: str
    folder: str
    began: float
    facts: tuple[Fact, ...]
    attempts: tuple[int, ...]

    def fact(self, name: str, attempt: int | None = None) -> str | None:
        """The last value of a fact; of one attempt, when that is given."""
        found = [f.value for f in self.facts if f.name == name and (attempt is None or f.attempt in (None, attempt))]
        return found[-1] if found else None


class MetaflowRun(NamedTuple):
    """A run as the files have it: id, user, tags, seconds since the epoch, and its folder."""

    flow: str
    run: str
    user: str
    tags: tuple[str, ...]
    system_tags: tuple[str, ...]
    began: float
    folder: str


class MetaflowFiles:
    """A `.metaflow` folder.

    Args:
        place: The folder itself, or one that holds it.

    Raises:
        NotFound: There is none.
    """

    def __init__(self, place: str | os.PathLike[str]) -> None:
        given = os.path.abspath(os.path.expanduser(place))
        inner = os.path.join(given, _FOLDER)
        self.root = inner if os.path.isdir(inner) else given
        if not os.path.isdir(self.root) or not self.flows():
            raise NotFound(
                f"there is no local datastore of Metaflow's in `{given}`",
                hint="name the folder `.metaflow`, or the one that it stands in",
            )

    def flows(self) -> list[str]:
        """Names of the flows, sorted."""
        try:
            names = sorted(os.listdir(self.root))
        except OSError:
            return []
        return [name for name in names if name not in _NOT_FLOWS and self._self(os.path.join(self.root, name))]

    def runs(self, flow: str) -> list[MetaflowRun]:
        """The runs of a flow, oldest first."""
        folder = os.path.join(self.root, flow)
        found = [self._run(flow, name, os.path.join(folder, name)) for name in os.listdir(folder)]
        return sorted((run for run in found if run is not None), key=lambda run: (run.began, run.run))

    def tasks(self, run: MetaflowRun) -> list[MetaflowTask]:
        """The tasks of a run, `_parameters` first, then in the order of their ids."""
        tasks = []
        for step in os.listdir(run.folder):
            folder = os.path.join(run.folder, step)
            if step == "_meta" or not os.path.isdir(folder):
                continue
            for name in os.listdir(folder):
                place = os.path.join(folder, name)
                record = self._self(place) if name != "_meta" else None
                if record is not None:
                    tasks.append(_task(step, name, place, record))
        return sorted(tasks, key=lambda task: (task.step != "_parameters", _number(task.task), task.task))

    def artifacts(self, task: MetaflowTask, attempt: int) -> dict[str, tuple[str, str]]:
        """Name to blob and type name, of an attempt."""
        table = _json(os.path.join(task.folder, f"{attempt}.data.json")) or {}
        infos = table.get("info") or {}
        return {
            name: (blob, _type_name((infos.get(name) or {}).get("type") or "object"))
            for name, blob in (table.get("objects") or {}).items()
        }

    def is_done(self, task: MetaflowTask, attempt: int) -> bool:
        """True when the attempt wrote all that it had to."""
        return os.path.exists(os.path.join(task.folder, f"{attempt}.DONE.lock"))

    def blob(self, flow: str, digest: str) -> bytes:
        """The content of a blob: of an artifact, a pickle.

        Raises:
            NotFound: It is not there.
        """
        path = os.path.join(self.root, flow, "data", digest[:2], digest)
        data = _read(path)
        if data is None:
            raise NotFound(f"`{path}` is not there", hint="restore it from a copy of the datastore, then import again")
        meta = _json(f"{path}_meta") or {}
        return data if meta.get("cas_raw") else gzip.decompress(data)

    def included(self, flow: str, url: str) -> bytes | None:
        """The content of a file that `IncludeFile` took, by the address that its descriptor has."""
        data = _read(os.path.join(self.root, "data", flow, url.rpartition("/")[2]))
        return gzip.decompress(data) if data is not None and data[:2] == b"\x1f\x8b" else data

    def output(self, task: MetaflowTask, attempt: int, stream: str) -> bytes:
        """What an attempt printed, its lines in the order of their times."""
        lines: list[tuple[bytes, int, bytes]] = []
        for source in ("task", "runtime"):
            data = _read(os.path.join(task.folder, f"{attempt}.{source}_{stream}.log")) or b""
            at = b""
            for line in data.splitlines(keepends=True):
                match = _LOG_LINE.match(line)
                at = match[1] if match is not None else at
                lines.append((at, len(lines), line[match.end() :] if match is not None else line))
        return b"".join(text for _, _, text in sorted(lines))

    def _run(self, flow: str, name: str, folder: str) -> MetaflowRun | None:
        record = self._self(folder)
        if record is None or "run_number" not in record:
            return None
        return MetaflowRun(
            flow=flow,
            run=name,
            user=str(record.get("user_name") or "unknown"),
            tags=tuple(record.get("tags") or ()),
            system_tags=tuple(record.get("system_tags") or ()),
            began=_seconds(record.get("ts_epoch")),
            folder=folder,
        )

    def _self(self, folder: str) -> dict[str, Any] | None:
        return _json(os.path.join(folder, "_meta", "_self.json"))


def _task(step: str, name: str, folder: str, record: dict[str, Any]) -> MetaflowTask:
    attempts = {int(match[1]) for file in os.listdir(folder) if (match := _ATTEMPT.match(file))}
    return MetaflowTask(
        step=step,
        task=name,
        folder=folder,
        began=_seconds(record.get("ts_epoch")),
        facts=tuple(sorted(_facts(os.path.join(folder, "_meta")), key=lambda fact: fact.at)),
        attempts=tuple(sorted(attempts)),
    )


def _facts(folder: str) -> Iterator[Fact]:
    for file in os.listdir(folder):
        record = _json(os.path.join(folder, file)) if file.startswith("sysmeta_") else None
        if record is not None:
            tags = [tag for tag in record.get("tags") or () if tag.startswith("attempt_id:")]
            attempt = int(tags[0].partition(":")[2]) if tags else None
            yield Fact(str(record["field_name"]), str(record["value"]), _seconds(record.get("ts_epoch")), attempt)


def _type_name(text: str) -> str:
    """`<class 'int'>` as `builtins.int`."""
    name = text.removeprefix("<class '").removesuffix("'>")
    return name if "." in name else f"builtins.{name}"


def _seconds(milliseconds: Any) -> float:
    return milliseconds / 1000 if isinstance(milliseconds, (int, float)) else 0.0


def _number(task: str) -> int:
    return int(task) if task.isdecimal() else 2**62


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _json(path: str) -> dict[str, Any] | None:
    data = _read(path)
    if data is None:
        return None
    try:
        value = json.loads(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
