"""The type of things that hold bytes."""

from __future__ import annotations

Buffer = bytes | bytearray | memoryview


def byte_view(buffer: Buffer) -> memoryview:
    """The buffer's bytes as a flat view, without a copy.

    Args:
        buffer: Anything contiguous; the items may be wider than a byte and the shape may have many dimensions.

    Raises:
        TypeError: The buffer is not contiguous.
    """
    view = memoryview(buffer)
    if view.ndim == 1 and view.format == "B" and view.contiguous:
        return view
    if view.nbytes == 0:
        return memoryview(b"")
    return view.cast("B")
