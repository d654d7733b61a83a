"""After a run: the hooks of its flow's decorators, in a fresh interpreter, with the code that the run had."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

from stepwell.base.user_traceback import format_user_traceback
from stepwell.decorators.flow_dispatch import flow_decorators
from stepwell.decorators.flow_protocol import RunEndContext
from stepwell.documents.launching import decode_run_over
from stepwell.store.datastore import open_datastore
from stepwell.task.code import load_flow_of
from stepwell.task.current_task import client_object

if TYPE_CHECKING:
    from stepwell.decorators.flow_protocol import FlowDecorator


def call_hooks(encoded: bytes) -> int:
    """Tell every decorator of a flow that its run is over; returns 1 when one of them raised, else 0."""
    over = decode_run_over(encoded)
    datastore = open_datastore(over.datastore, create=False)
    header = datastore.header(over.flow, over.run)
    code = header.code
    flow = load_flow_of(datastore, code.digest, code.root, f"{code.source}:{over.flow}", code.shape)
    os.environ["STEPWELL_DATASTORE"] = datastore.url
    context = RunEndContext(
        header=header, status=over.status, run=partial(client_object, "Run", f"{over.flow}/{over.run}")
    )
    failed = [decorator for decorator in flow_decorators(flow) if not _call(decorator, context)]
    return 1 if failed else 0


def _call(decorator: FlowDecorator, context: RunEndContext) -> bool:
    try:
        decorator.run_ended(context)
    except BaseException as error:  # noqa: BLE001 - user code may raise anything
        for part in error.exceptions if isinstance(error, BaseExceptionGroup) else (error,):
            sys.stderr.write(format_user_traceback(part))
        return False
    return True
