"""The table of serializers: which one writes a value, and which one a stored name means."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from stepwell.artifacts.json_values import JsonSerializer
from stepwell.artifacts.pickling import PickleSerializer
from stepwell.base.errors import ArtifactError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepwell.artifacts.protocol import Encoded, Serializer

JSON = JsonSerializer()
PICKLE = PickleSerializer()


class Registry:
    """Serializers in the order in which they are asked: JSON, the extra ones, pickle, cloudpickle.

    Args:
        extra: Further serializers, asked before pickle.
    """

    def __init__(self, extra: Iterable[Serializer] = ()) -> None:
        self._asked: tuple[Serializer, ...] = (JSON, *extra)
        self._named: dict[str, Serializer] = {serializer.name: serializer for serializer in (*self._asked, PICKLE)}

    def encode(self, value: Any) -> tuple[Serializer, Encoded]:
        """Write a value with the first serializer that claims it; what pickle refuses goes to cloudpickle.

        Raises:
            Exception: Whatever the serializer or the value's own methods raise; see `refusal`.
        """
        for serializer in self._asked:
            if serializer.claims(value):
                return serializer, serializer.encode(value)
        try:
            return PICKLE, PICKLE.encode(value)
        except (pickle.PicklingError, AttributeError, TypeError):
            by_value = self.named("cloudpickle")
            return by_value, by_value.encode(value)

    def named(self, name: str) -> Serializer:
        """The serializer that a reference names.

        Raises:
            ArtifactError: When nothing of that name is installed here.
        """
        serializer = self._named.get(name)
        if serializer is None:
            serializer = self._named[name] = _find(name)
        return serializer


def _find(name: str) -> Serializer:
    if name == "cloudpickle":
        from stepwell.artifacts.by_value import CloudpickleSerializer

        return CloudpickleSerializer()
    from stepwell.base.plugins import find_plugin

    try:
        found: Serializer = find_plugin("serializers", name)()
    except UsageError as error:
        raise ArtifactError(
            f"it was written by the serializer `{name}`, which is not installed here", hint=error.hint
        ) from error
    return found
