"""Opening the index of a datastore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.records.database import Database
from stepwell.records.sqlite import Records

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.base.clock import Clock
    from stepwell.store.datastore import Datastore

#: The index stands beside the flows, under this key.
FILE = "records.db"


def open_records(
    datastore: Datastore,
    *,
    create: bool = True,
    notice: Callable[[str], None] | None = None,
    clock: Clock | None = None,
) -> Records:
    """The index of a datastore; it completes itself from the datastore as far as each question needs.

    A missing index is made; a damaged one is moved aside to `records.db.damaged-1` (or the next free number) and made
    anew. Where nothing can be written, and for datastores that are no local folder, the index lives in memory.

    Args:
        datastore: The datastore.
        create: False to write no file that is not there yet.
        notice: Is told, in one sentence, of damage and of detours; None for a warning in the log.
        clock: Tells how long a run on another machine has been silent.
    """
    return Records(datastore, Database(datastore.local_path(FILE), create=create, notice=notice), clock)
