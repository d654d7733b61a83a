"""`python -m stepwell.task zygote FD`, `python -m stepwell.task run < spec`: the processes of the local backend.

`python -m stepwell.task run-end < document` calls what a flow's decorators want to do after a run.
"""

from __future__ import annotations

import socket
import sys


def main(arguments: list[str]) -> None:
    """Be what the first argument says."""
    from stepwell.task import entry

    if arguments[0] == "zygote":
        entry.serve_fresh(socket.socket(fileno=int(arguments[1])))
    elif arguments[0] == "run-end":
        from stepwell.task.run_end import call_hooks

        sys.exit(call_hooks(sys.stdin.buffer.read()))
    else:
        entry.run_spawned(sys.stdin.buffer.read())


main(sys.argv[1:])
