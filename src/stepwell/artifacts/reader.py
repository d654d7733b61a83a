"""Loading values: what `self.x` and the client's `.data` stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.artifacts.container import LARGE, is_framed, unframe
from stepwell.artifacts.items import read_item
from stepwell.artifacts.registry import Registry
from stepwell.base.digest import digest_of
from stepwell.base.errors import ArtifactError, Corrupted, NotFound, StepwellError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from stepwell.artifacts.protocol import Blobs
    from stepwell.documents.refs import ArtifactRef, BlobRef, ItemsRef

# Packages whose name on the index differs from the module's.
_PACKAGES = {
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "PIL": "pillow",
    "cv2": "opencv-python",
    "yaml": "pyyaml",
    "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil",
    "google": "protobuf",
    "OpenSSL": "pyopenssl",
    "Bio": "biopython",
}


class ArtifactReader:
    """Reads values from a blob store. Large buffers are mapped: loading costs the same at any size.

    Args:
        blobs: The datastore's blob store.
        main_module: Gives the flow file as a module, for values whose classes the flow file defines, when the running
            program is another one. Called only when needed.
        registry: The serializers; the built-in ones and the installed ones by default.

    Attributes:
        bytes_read: Bytes of the values loaded so far, mapped ones in full.
    """

    def __init__(
        self,
        blobs: Blobs,
        main_module: Callable[[], ModuleType] | None = None,
        registry: Registry | None = None,
    ) -> None:
        self._blobs = blobs
        self._main_module = main_module
        self._registry = registry or Registry()
        self.bytes_read = 0

    def load(self, ref: ArtifactRef, name: str = "") -> Any:
        """The value, as if it had been unpickled: its own, to be changed at will.

        Args:
            ref: The reference.
            name: The artifact's name, for error messages.

        Raises:
            ArtifactError: When loading needs what is not installed here, or the value's own code fails.
            Corrupted: When the stored bytes are not what was written.
            NotFound: When a blob is gone.
        """
        try:
            if ref.inline is not None:
                self.bytes_read += len(ref.inline)
                return self._decode(ref.serializer, _own(ref.inline), ref.blobs)
            return self._decode(ref.serializer, self._content(ref.blobs[0]), ref.blobs[1:])
        except Exception as error:
            raise _unloadable(f"artifact `{name}`" if name else "the artifact", error, ref.type) from error

    def load_item(self, items: ItemsRef, index: int) -> Any:
        """One item of a foreach; the others are not read.

        Args:
            items: The reference.
            index: 0-based.

        Raises:
            IndexError: When there is no such item.
            ArtifactError: As for `load`.
            Corrupted: As for `load`.
        """
        try:
            serializer, payload = self._item(items, index)
            self.bytes_read += len(payload)
            if payload.readonly:
                payload = _own(payload)
            return self._decode(serializer, payload, items.buffers)
        except IndexError:
            raise
        except Exception as error:
            raise _unloadable(f"foreach item {index}", error) from error

    def item_digest(self, items: ItemsRef, index: int) -> str:
        """What names the content of one item, whatever the others are.

        Two items with large buffers may hold the same and yet have different digests; never the other way round.

        Args:
            items: The reference.
            index: 0-based.

        Raises:
            IndexError: When there is no such item.
            ArtifactError: As for `load`.
            Corrupted: As for `load`.
        """
        used: list[str] = []

        def note(number: int) -> memoryview:
            used.append(items.buffers[number].digest)
            return self._blobs.map(items.buffers[number])

        try:
            serializer, payload = self._item(items, index)
            if is_framed(payload):
                unframe(payload, note)
            return digest_of(serializer.encode(), payload, *(digest.encode() for digest in used))
        except IndexError:
            raise
        except Exception as error:
            raise _unloadable(f"foreach item {index}", error) from error

    def _item(self, items: ItemsRef, index: int) -> tuple[str, memoryview]:
        """Serializer and framed bytes of one item."""
        if not 0 <= index < items.count:
            raise IndexError(f"there is no foreach item {index}, only {items.count} of them")
        if items.inline is not None:
            return read_item(memoryview(items.inline), items.count, index)
        assert items.blob is not None
        return read_item(self._blobs.map(items.blob), items.count, index)

    def _content(self, ref: BlobRef) -> memoryview:
        """A blob's bytes: verified when they are a bare stream, otherwise by the container's own digest."""
        self.bytes_read += ref.size
        if ref.size < LARGE:
            return _own(self._blobs.get(ref))
        view = self._blobs.map(ref)
        if not is_framed(view) and digest_of(view) != ref.digest:
            raise Corrupted(f"blob `{ref.digest}` does not have the digest that it should")
        return view

    def _decode(self, serializer: str, data: memoryview, large: Sequence[BlobRef]) -> Any:
        decoder = self._registry.named(serializer)
        if not is_framed(data):
            return decoder.decode(data, (), self._main_module)

        def blob(number: int) -> memoryview:
            if number >= len(large):
                raise Corrupted("its reference lacks a blob that its container names")
            self.bytes_read += large[number].size
            return self._blobs.map(large[number])

        stream, buffers = unframe(data, blob)
        return decoder.decode(stream, buffers, self._main_module)


def _own(data: bytes | memoryview) -> memoryview:
    """Small content as memory that the value may keep; copied only when there are buffers in it to write to."""
    return memoryview(bytearray(data)) if is_framed(data) else memoryview(data)


def _unloadable(subject: str, error: Exception, kind: str = "") -> StepwellError:
    if isinstance(error, Corrupted | NotFound):
        return type(error)(
            f"{subject} cannot be loaded: {error.message}",
            hint=error.hint or "run the step again; nothing else can bring the bytes back",
        )
    if isinstance(error, StoreError):
        return error
    if isinstance(error, StepwellError):
        return ArtifactError(f"{subject} cannot be loaded: {error.message}", hint=error.hint)
    if isinstance(error, ModuleNotFoundError) and error.name:
        module = error.name.partition(".")[0]
        return ArtifactError(
            f"{subject} needs module `{error.name}`, which is not installed here",
            hint=f"pip install {_PACKAGES.get(module, module)}",
        )
    what = f" (a `{kind}`)" if kind else ""
    hint = ""
    if isinstance(error, AttributeError | ImportError):
        hint = "the code or a package has changed since it was written; load it with the versions that the run used"
    return ArtifactError(f"{subject}{what} cannot be loaded: {type(error).__name__}: {error}", hint=hint)
