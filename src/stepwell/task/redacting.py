"""Secrets do not get into records: every text of a result that a person may read is gone through."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from stepwell.base.redaction import hidden_texts, redact, redact_all
from stepwell.documents.task import ErrorRecord, TaskResult


def redacted(result: TaskResult) -> TaskResult:
    """The result with `***` for every secret: in its error, facts, label and the previews of its artifacts.

    The stored values themselves are left alone: a secret that a step assigns to `self` is an artifact.
    """
    if not hidden_texts():
        return result
    error = result.error
    if error is not None:
        error = msgspec.convert(redact_all(msgspec.to_builtins(error)), ErrorRecord)
    artifacts = {name: replace(ref, preview=redact(ref.preview)) for name, ref in result.artifacts.items()}
    return replace(
        result, error=error, artifacts=artifacts, metadata=redact_all(result.metadata), label=redact(result.label)
    )
