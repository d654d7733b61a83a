"""Documents and events as JSON: one line for each event, indented for everything that is asked for once."""

from __future__ import annotations

from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()


def event_line(event: msgspec.Struct) -> str:
    """An event as one line of JSON; its kind stands in `type`."""
    return _encoder.encode(event).decode()


def document(value: Any) -> str:
    """A document, or a list of them, indented by two spaces. Fields are only ever added in later versions."""
    return msgspec.json.format(_encoder.encode(value), indent=2).decode()
