"""What the parts of one run share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.base.clock import Clock
    from stepwell.documents.events import RunEvent
    from stepwell.documents.run import RunHeader
    from stepwell.engine.attempts import SpecMaker
    from stepwell.engine.enforcement import Cores
    from stepwell.engine.history import OriginHistory
    from stepwell.engine.ledger import Ledger
    from stepwell.records.sqlite import Records
    from stepwell.store.datastore import Datastore
    from stepwell.store.run_log import RunLog


class RunContext(NamedTuple):
    """One run while it goes on.

    Attributes:
        header: The run.
        datastore: Holds everything.
        log: The run's log.
        records: The index.
        ledger: Where results stand.
        specs: Makes task specifications.
        history: What can be taken over, for a resumed run.
        observer: Is told what happens.
        clock: Time.
        show_output: False when tasks print to the terminal themselves.
        grace: Seconds between SIGTERM and SIGKILL.
        cores: Shares out cores to tasks that are held to theirs; None when none are.
        memory_kills: Counts the kernel's kills for want of memory since boot.
    """

    header: RunHeader
    datastore: Datastore
    log: RunLog
    records: Records
    ledger: Ledger
    specs: SpecMaker
    history: OriginHistory | None
    observer: Callable[[RunEvent], None]
    clock: Clock
    show_output: bool
    grace: float
    memory_kills: Callable[[], int]
    cores: Cores | None = None
