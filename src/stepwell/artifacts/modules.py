"""Which modules a pickle stream asks for when it is loaded."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepwell.base.buffers import Buffer

# What a pickler of protocol 4 and later writes for a class or function: the module's name and the object's name as
# short strings (the latter possibly a reference to an earlier string), then STACK_GLOBAL. Running the real opcodes
# (pickletools) costs many times what writing them does.
_GLOBAL = re.compile(rb"\x8c(.)([A-Za-z_][\w.]*)\x94(?:\x8c[\x01-\xff][A-Za-z_<][\w.<>]*\x94|h.|j....)\x93", re.DOTALL)
_LOOK_AT = 16 << 20


def modules_in(stream: Iterable[Buffer]) -> tuple[str, ...]:
    """Top-level modules outside the standard library that loading needs, sorted.

    Only the first 16 MiB are looked at, and `__main__` is left out. For hints: a rare one may be missing.
    """
    names = set()
    left = _LOOK_AT
    for part in stream:
        for match in _GLOBAL.finditer(part, 0, left):
            length, module = match.groups()
            if length[0] == len(module):
                names.add(module.partition(b".")[0].decode())
        left -= len(part)
        if left <= 0:
            break
    names.discard("__main__")
    return tuple(sorted(names - sys.stdlib_module_names)) if names else ()
