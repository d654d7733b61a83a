"""The names under which records speak of our own types while a program runs in compat mode.

Filled by `stepwell.compat`, above; the layers that write records only ask.
"""

from __future__ import annotations

_NAMES: dict[str, str] = {}


def in_compat_mode() -> bool:
    """True when `import metaflow` gives Stepwell's names in this process."""
    return bool(_NAMES)


def recorded_name(qualified: str) -> str:
    """What records call a type: its own qualified name, or in compat mode the one that scripts compare with.

    Args:
        qualified: Module and qualified name, such as `stepwell.base.errors.MergeConflict`.
    """
    return _NAMES.get(qualified, qualified)


def set_recorded_names(names: dict[str, str]) -> None:
    """Say which types are recorded under another name, by qualified name; an empty table says none."""
    _NAMES.clear()
    _NAMES.update(names)
