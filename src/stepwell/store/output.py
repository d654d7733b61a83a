"""The files that a task's raw output goes to."""
# Paths are text here: a `Path` object costs more than the system call that it is made for.

from __future__ import annotations

import os

from stepwell.store.file_log import open_to_append
from stepwell.store.os_errors import store_error


def open_output(path: str) -> int:
    """A descriptor that appends to an output file, which is made, with its folders, when it is not there.

    Use this and not `os.open`: a folder may be removed, because the last empty file in it was, at any moment.

    Raises:
        StoreFull: No space.
        StoreReadOnly: No permission.
    """
    try:
        return open_to_append(path)
    except OSError as error:
        raise store_error(error, path, writing=True) from error


def remove_empty(path: str) -> None:
    """Remove an output file that is empty, and the task's folder when nothing else is in it.

    The step's folder stays: other tasks are making theirs in it.
    """
    try:
        if os.stat(path).st_size:
            return
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise store_error(error, path, writing=True) from error
    try:
        os.rmdir(os.path.dirname(path))
    except OSError:
        return
