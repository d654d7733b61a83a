"""`python -m stepwell.task zygote FD`, `python -m stepwell.task run < spec`: the processes of the local backend."""

from __future__ import annotations

import socket
import sys


def main(arguments: list[str]) -> None:
    """Be what the first argument says."""
    from stepwell.task import entry

    if arguments[0] == "zygote":
        entry.serve_fresh(socket.socket(fileno=int(arguments[1])))
    else:
        entry.run_spawned(sys.stdin.buffer.read())


main(sys.argv[1:])
