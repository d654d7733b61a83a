"""Who is running: the name that goes into records and into the default namespace."""

from __future__ import annotations

import os


def current_user() -> str:
    """The user's name, from `STEPWELL_USER`, `SUDO_USER`, `USERNAME`, `USER`, or the account."""
    for variable in ("STEPWELL_USER", "SUDO_USER", "USERNAME", "USER"):
        name = os.environ.get(variable)
        if name:
            return name
    try:
        import getpass

        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        return f"uid-{os.getuid()}" if hasattr(os, "getuid") else "unknown"
