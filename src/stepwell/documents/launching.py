"""What the local backend and a zygote say to each other, as length-prefixed JSON over a socket pair."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from stepwell.documents.run import FlowShape, RunStatus
from stepwell.documents.task import ExitStatus, Usage


class Prepare(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="prepare"):
    """The run's code is in the datastore: whatever is imported from now on comes from this snapshot."""

    datastore: str
    code: str
    root: str
    source: str
    shape: FlowShape | None = None


class Launch(Struct, frozen=True, kw_only=True, tag="launch"):
    """Fork a child for this attempt. `spec` is an encoded `TaskSpec`, which the zygote itself does not read."""

    task: int
    attempt: int
    spec: msgspec.Raw


class Signal(Struct, frozen=True, kw_only=True, tag="signal"):
    """Send a signal to the process group of an attempt."""

    task: int
    attempt: int
    number: int


class Ready(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="ready"):
    """The zygote can fork, or says why forking would not be safe."""

    pid: int
    unsafe: str = ""


class Began(Struct, frozen=True, kw_only=True, tag="began"):
    """The child of an attempt exists."""

    task: int
    attempt: int
    pid: int


class Exited(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="exited"):
    """The child of an attempt is gone, and with it every process that it left behind."""

    task: int
    attempt: int
    status: ExitStatus
    usage: Usage


class Broken(Struct, frozen=True, kw_only=True, tag="broken"):
    """The zygote could not do what it was asked to do for an attempt (no memory to fork, say)."""

    task: int
    attempt: int
    reason: str


class RunOver(Struct, frozen=True, kw_only=True):
    """A run is over: what the process needs to know that calls the flow's decorators for that."""

    datastore: str
    flow: str
    run: str
    status: RunStatus


ToZygote = Prepare | Launch | Signal
FromZygote = Ready | Began | Exited | Broken

_encoder = msgspec.json.Encoder()
_to_zygote: msgspec.json.Decoder[ToZygote] = msgspec.json.Decoder(ToZygote)
_from_zygote: msgspec.json.Decoder[FromZygote] = msgspec.json.Decoder(FromZygote)


def frame(message: ToZygote | FromZygote) -> bytes:
    """The message as bytes, four bytes of length first."""
    body = _encoder.encode(message)
    return len(body).to_bytes(4, "little") + body


class Unframer:
    """Collects bytes from a stream and gives back whole messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes; return the bodies of the messages that are complete now."""
        self._buffer += data
        bodies = []
        start = 0
        while len(self._buffer) - start >= 4:
            size = int.from_bytes(self._buffer[start : start + 4], "little")
            if len(self._buffer) - start - 4 < size:
                break
            bodies.append(bytes(self._buffer[start + 4 : start + 4 + size]))
            start += 4 + size
        del self._buffer[:start]
        return bodies


def decode_to_zygote(body: bytes) -> ToZygote:
    """A message for the zygote."""
    return _to_zygote.decode(body)


def decode_from_zygote(body: bytes) -> FromZygote:
    """A message from the zygote."""
    return _from_zygote.decode(body)


def decode_run_over(body: bytes) -> RunOver:
    """What `encode` made of it."""
    return msgspec.json.decode(body, type=RunOver)
