"""Content digests: BLAKE3-256, written as 64 hexadecimal digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blake3 import blake3

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepwell.base.buffers import Buffer


def digest_of(*parts: Buffer) -> str:
    """The digest of the concatenation of the parts."""
    hasher = blake3()
    for part in parts:
        hasher.update(part)
    return hasher.hexdigest()


def digest_of_strings(parts: Iterable[str]) -> str:
    """The digest of a sequence of strings; different sequences never share one, unlike a plain concatenation."""
    hasher = blake3()
    for part in parts:
        data = part.encode()
        hasher.update(len(data).to_bytes(8, "little"))
        hasher.update(data)
    return hasher.hexdigest()
