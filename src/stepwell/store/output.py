"""The files that a task's raw output goes to."""
# Paths are text here: a `Path` object costs more than the system call that it is made for.

from __future__ import annotations

import os

from stepwell.store.file_log import open_to_append
from stepwell.store.os_errors import store_error


def open_output(path: str) -> int:
    """A descriptor that appends to an output file, which is made, with its folders, when it is not there.

    Folders may be made and removed by others at the same time.

    Raises:
        StoreFull: No space.
        StoreReadOnly: No permission.
    """
    try:
        return open_to_append(path)
    except OSError as error:
        raise store_error(error, path, writing=True) from error


def remove_empty(path: str) -> None:
    """Remove an output file that is empty; its folder stays, other tasks are writing there."""
    try:
        if os.stat(path).st_size == 0:
            os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise store_error(error, path, writing=True) from error
