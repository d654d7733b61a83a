"""Pathspecs: `Flow/run/step/task[/artifact]`, and the names that may stand in them."""

from __future__ import annotations

import re
from typing import NamedTuple

from stepwell.base.errors import InvalidPathspec

PARTS = ("flow", "run", "step", "task", "artifact")

_EXAMPLE = ("TrainFlow", "7", "end", "3", "model")

# What may stand in a path of the datastore. A name never starts with a dot or a dash, never holds a slash,
# so that no pathspec can leave the datastore's folder.
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*\Z")


class Pathspec(NamedTuple):
    """A parsed pathspec; parts that were not given are None."""

    flow: str
    run: str | None = None
    step: str | None = None
    task: str | None = None
    artifact: str | None = None

    @property
    def depth(self) -> int:
        """How many parts are given, 1 to 5."""
        return sum(part is not None for part in self)

    def __str__(self) -> str:
        return "/".join(part for part in self if part is not None)


def is_safe_name(name: str) -> bool:
    """True when the name may be one component of a datastore path."""
    return len(name) <= 200 and _SAFE.match(name) is not None


def parse_pathspec(text: str, *, most: int = 5, least: int = 1) -> Pathspec:
    """Split and check a pathspec.

    Args:
        text: For example `TrainFlow/7/fit/3`.
        most: The largest number of parts allowed.
        least: The smallest number of parts allowed.

    Raises:
        InvalidPathspec: When the number of parts is wrong or a part could not be a name.
    """
    parts = text.strip().strip("/").split("/")
    if len(parts) < least and all(is_safe_name(part) for part in parts):
        raise InvalidPathspec(
            f"`{text}` is the pathspec of a {PARTS[len(parts) - 1]}, and that of a {PARTS[least - 1]} is needed",
            hint=f"go on to the {PARTS[least - 1]}, such as `{'/'.join((*parts, *_EXAMPLE[len(parts) : least]))}`",
        )
    if not least <= len(parts) <= most or not all(is_safe_name(part) for part in parts):
        shape = "/".join(PARTS[:most])
        msg = f"`{text}` is not a pathspec of the form `{shape}`"
        raise InvalidPathspec(
            msg,
            hint=f"give {least if least == most else f'{least} to {most}'} "
            "names separated by slashes, such as `TrainFlow/7/fit/3`",
        )
    return Pathspec(*parts)
