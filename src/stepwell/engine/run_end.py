"""Starts the process in which a flow's decorators hear of the end of a run, and waits for it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from stepwell.decorators.flow_dispatch import hears_of_ends
from stepwell.documents.codec import encode
from stepwell.documents.launching import RunOver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stepwell.documents.events import RunFinished


def tell_run_end(
    flow: type, finished: RunFinished, datastore: str, command: Sequence[str], notice: Callable[[str, str], None]
) -> None:
    """Call what the flow's decorators want to do after a run. What goes wrong there is told, and changes nothing.

    Args:
        flow: The flow.
        finished: How the run ended.
        datastore: URL of the datastore.
        command: Starts the process; what it prints goes to standard error.
        notice: Tells the user.
    """
    if not hears_of_ends(flow):
        return
    import subprocess

    over = RunOver(datastore=datastore, flow=finished.flow, run=finished.run, status=finished.status)
    sys.stdout.flush()
    sys.stderr.flush()
    name = f"`{finished.flow}/{finished.run}`"
    try:
        done = subprocess.run(command, input=encode(over), stdout=2, check=False, env=dict(os.environ))
    except (OSError, KeyboardInterrupt) as error:
        notice(f"the exit hooks of {name} did not run: {str(error) or 'interrupted'}", "the run itself is complete")
        return
    if done.returncode != 0:
        notice(f"an exit hook of {name} failed", "what it raised stands above; the result of the run is not changed")
