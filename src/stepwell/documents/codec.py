"""Documents to bytes and back: JSON with msgspec, one encoder for all."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from stepwell.base.errors import Corrupted
from stepwell.documents.run import LogRecord, RunHeader
from stepwell.documents.task import TaskSpec

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_log_decoder: msgspec.json.Decoder[LogRecord] = msgspec.json.Decoder(LogRecord)
_header_decoder: msgspec.json.Decoder[RunHeader] = msgspec.json.Decoder(RunHeader)
_spec_decoder: msgspec.json.Decoder[TaskSpec] = msgspec.json.Decoder(TaskSpec)


def encode(document: msgspec.Struct) -> bytes:
    """The document as one line of JSON, without a newline."""
    return _encoder.encode(document)


def decode_record(data: bytes | memoryview) -> LogRecord:
    """Read back one record of a run log.

    Raises:
        Corrupted: When the bytes are not such a record.
    """
    try:
        return _log_decoder.decode(data)
    except msgspec.DecodeError as error:
        raise Corrupted(f"a record of a run log cannot be read: {error}") from error


def decode_header(data: bytes) -> RunHeader:
    """Read back a run's header.

    Raises:
        Corrupted: When the bytes are not a header.
    """
    try:
        return _header_decoder.decode(data)
    except msgspec.DecodeError as error:
        raise Corrupted(f"a run header cannot be read: {error}") from error


def decode_spec(data: bytes) -> TaskSpec:
    """Read back a task specification.

    Raises:
        Corrupted: When the bytes are not one.
    """
    try:
        return _spec_decoder.decode(data)
    except msgspec.DecodeError as error:
        raise Corrupted(f"a task specification cannot be read: {error}") from error
