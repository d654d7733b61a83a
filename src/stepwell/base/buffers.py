"""The type of things that hold bytes."""

from __future__ import annotations

Buffer = bytes | bytearray | memoryview
