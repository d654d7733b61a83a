"""What the operating system refuses, in Stepwell's words: the one place where an `OSError` becomes a `StoreError`."""

from __future__ import annotations

import errno

from stepwell.base.errors import NotFound, StoreError, StoreFull, StoreReadOnly

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_MISSING = {errno.ENOENT, errno.ENOTDIR}
_TOO_MANY_FILES = {errno.EMFILE, errno.ENFILE}


def store_error(error: OSError, path: str, *, writing: bool) -> StoreError:
    """The error to raise in place of an `OSError`.

    Args:
        error: What the system said.
        path: The file or folder that was asked for.
        writing: True when something was to be created, changed or removed.

    Returns:
        `StoreFull`, `StoreReadOnly`, `NotFound` or a plain `StoreError`, with the path and a cure.
    """
    code = error.errno
    reason = error.strerror or str(error) or type(error).__name__
    found: StoreError
    if code in _FULL:
        found = StoreFull(
            f"no space is left to write `{path}` ({reason})",
            hint="free space on that disk, or name another datastore with `--datastore` or `STEPWELL_DATASTORE`",
        )
    elif code == errno.EFBIG:
        found = StoreFull(
            f"`{path}` would be larger than a file may be here ({reason})",
            hint="raise the limit of this process (`ulimit -f`), or use a datastore on a file system with larger files",
        )
    elif code in _READ_ONLY and writing:
        found = StoreReadOnly(
            f"`{path}` cannot be written ({reason})",
            hint="give your user the right to write there, or name another datastore with `--datastore` "
            "or `STEPWELL_DATASTORE`",
        )
    elif code in _READ_ONLY:
        found = StoreError(f"`{path}` cannot be read ({reason})", hint="give your user the right to read it")
    elif code in _MISSING:
        found = NotFound(f"`{path}` does not exist", hint="look whether the datastore was moved or deleted meanwhile")
    elif code in _TOO_MANY_FILES:
        found = StoreError(
            f"`{path}` cannot be opened: too many files are open ({reason})",
            hint="raise the limit with `ulimit -n`, or keep fewer large artifacts loaded at once",
        )
    else:
        found = StoreError(
            f"`{path}` cannot be {'written' if writing else 'read'} ({reason})",
            hint="look at the disk and its file system, then try again; `stepwell doctor` checks the datastore",
        )
    return found
