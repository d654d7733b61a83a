"""A datastore: the layout of runs, logs, output and blobs over a store.

    blobs/ab/<digest>                                     immutable content
    flows/<Flow>/<run>/run.json                           header; creating it allocates the run's id
    flows/<Flow>/<run>/log                                append log of results, starts, tags, the end
    flows/<Flow>/<run>/<step>/<task>.<attempt>.out|.err   raw output, readable while the task runs

It is the truth: everything else, such as the records' index, can be made from it again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from stepwell.base.errors import AlreadyExists, NotFound, StoreError
from stepwell.base.pathspec import is_safe_name
from stepwell.documents.codec import decode_header, encode
from stepwell.store import output
from stepwell.store.blobs import BlobStore
from stepwell.store.local import LocalStore
from stepwell.store.opening import discover_datastore, open_store
from stepwell.store.run_log import RunLog

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.documents.run import RunHeader
    from stepwell.store.protocol import Store

__all__ = ("Datastore", "RunLog", "Stream", "discover_datastore", "header_key", "open_datastore")

Stream = Literal["stdout", "stderr"]


class Datastore:
    """Where everything that runs leave behind is kept.

    Args:
        store: The storage below.

    Attributes:
        url: Names it: `file:///absolute/path`.
        store: The storage below.
        blobs: Its blobs.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.url = store.url
        self.blobs = BlobStore(store)

    def __repr__(self) -> str:
        return f"Datastore({self.url!r})"

    def local_path(self, key: str) -> str | None:
        """The path of a key, for a datastore in a local folder; None otherwise. `records.db` is one such key."""
        return self.store.local_path(key)

    def create_run(self, make_header: Callable[[str], RunHeader], flow: str, after: int) -> RunHeader:
        """Allocate the next free run id and write the run's header under it.

        Processes that do so at the same moment get different ids.

        Args:
            make_header: Makes the header for an id; it may be called several times.
            flow: The flow's name.
            after: An id that is known to be taken, 0 when none is: ids are tried from the next one on.

        Returns:
            The header that was written.

        Raises:
            StoreFull: No space.
            StoreReadOnly: No permission.
        """
        run = max(after, 0) + 1
        while True:
            header = make_header(str(run))
            try:
                self.store.put_new(header_key(flow, str(run)), [encode(header)])
            except AlreadyExists:
                run = self._free_run(flow, run)
                continue
            return header

    def _free_run(self, flow: str, taken: int) -> int:
        """An id that is free while the one before it is taken; the looks that it takes grow like a logarithm."""
        step = 1
        while self._is_taken(flow, taken + step):
            taken += step
            step *= 2
        free = taken + step
        while free - taken > 1:
            middle = (free + taken) // 2
            if self._is_taken(flow, middle):
                taken = middle
            else:
                free = middle
        return free

    def _is_taken(self, flow: str, run: int) -> bool:
        return self.store.size(header_key(flow, str(run))) is not None

    def header(self, flow: str, run: str) -> RunHeader:
        """A run's header.

        Raises:
            NotFound: There is no such run.
            Corrupted: The header cannot be read.
        """
        try:
            return decode_header(self.store.get(header_key(flow, run)))
        except NotFound as error:
            raise NotFound(
                f"there is no run `{flow}/{run}` in `{self.url}`",
                hint="`stepwell ls` lists the runs; `--datastore` names another datastore",
            ) from error

    def flows(self) -> list[str]:
        """Names of the flows that have runs, by listing; sorted."""
        return self.store.children("flows/")

    def runs(self, flow: str) -> list[str]:
        """Ids of a flow's runs, by listing, in the order of the numbers."""
        found = [run for run in self.store.children(f"flows/{_name(flow)}/") if run.isascii() and run.isdigit()]
        # A process that died while it took an id may have left an empty folder.
        return [run for run in sorted(found, key=int) if self._is_taken(flow, int(run))]

    def run_log(self, flow: str, run: str) -> RunLog:
        """The run's log; close it when done."""
        return RunLog(self.store.open_log(f"flows/{_name(flow)}/{_name(run)}/log"))

    def output_key(self, flow: str, run: str, step: str, task: int, attempt: int, stream: Stream) -> str:
        """Where an attempt's raw output stands.

        All of a step's output is in one folder: a new folder for each task would cost ten times what its files cost.
        """
        suffix = "out" if stream == "stdout" else "err"
        return f"flows/{_name(flow)}/{_name(run)}/{_name(step)}/{task}.{attempt}.{suffix}"

    def output_path(self, flow: str, run: str, step: str, task: int, attempt: int, stream: Stream) -> str | None:
        """The absolute path of an attempt's output, None where the datastore is no local folder.

        Open it with `store.output.open_output`, which makes the folders.
        """
        return self.store.local_path(self.output_key(flow, run, step, task, attempt, stream))

    def read_output(
        self,
        flow: str,
        run: str,
        step: str,
        task: int,
        attempt: int,
        stream: Stream,
        start: int = 0,
        length: int | None = None,
    ) -> bytes:
        """Raw output of an attempt, also while it runs; empty when it printed nothing.

        At most `length` bytes are returned, from byte `start` on; all the rest when `length` is None.
        """
        key = self.output_key(flow, run, step, task, attempt, stream)
        try:
            if start == 0 and length is None:
                return self.store.get(key)
            if length is None:
                length = max((self.store.size(key) or 0) - start, 0)
            return self.store.get_range(key, start, length)
        except NotFound:
            return b""

    def output_size(self, flow: str, run: str, step: str, task: int, attempt: int, stream: Stream) -> int:
        """Bytes of an attempt's output so far, 0 when it printed nothing."""
        return self.store.size(self.output_key(flow, run, step, task, attempt, stream)) or 0

    def delete_empty_output(self, flow: str, run: str, step: str, task: int, attempt: int) -> None:
        """Remove the output files of an attempt that is over, where they are empty."""
        for stream in ("stdout", "stderr"):
            key = self.output_key(flow, run, step, task, attempt, stream)
            path = self.store.local_path(key)
            if path is not None:
                output.remove_empty(path)
            elif self.store.size(key) == 0:
                self.store.delete(key)


def open_datastore(
    place: str | os.PathLike[str] | None = None,
    *,
    create: bool,
    durability: Literal["crash", "power"] = "crash",
) -> Datastore:
    """Open a datastore.

    Args:
        place: A path, a URL such as `file:///data/stepwell` or `memory://name`, or None to look for one.
        create: True to make it when it is not there.
        durability: `power` makes every write durable against loss of power before it returns, at a disk write each.

    Raises:
        NotFound: It is not there, and was not to be made.
        StoreReadOnly: It could not be made.
        StoreError: The working directory does not exist any more.
        UsageError: The URL's scheme is unknown.
    """
    store = open_store(os.fspath(place) if place is not None else discover_datastore(), durable=durability == "power")
    if isinstance(store, LocalStore) and not store.exists():
        if not create:
            raise NotFound(
                f"there is no datastore at `{store.root}`",
                hint="run a flow first, or name the datastore with `--datastore` or `STEPWELL_DATASTORE`",
            )
        store.prepare()
    return Datastore(store)


def header_key(flow: str, run: str) -> str:
    """Where a run's header stands."""
    return f"flows/{_name(flow)}/{_name(run)}/run.json"


def _name(name: str) -> str:
    if not is_safe_name(name):
        raise StoreError(f"`{name}` cannot be a name in the datastore", hint="use letters, digits and underscores")
    return name
