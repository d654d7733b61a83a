"""Describe the public surface as text, one line a name: `python tests/api/public_surface.py > tests/api/public.txt`."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import stepwell

if TYPE_CHECKING:
    from collections.abc import Iterator


def describe() -> str:
    """The public names of the package with their signatures, and the public members of its classes."""
    return "".join(f"{line}\n" for name in sorted(stepwell.__all__) for line in _lines(name, getattr(stepwell, name)))


def _lines(name: str, value: object) -> Iterator[str]:
    if inspect.isclass(value):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        yield f"class {name}({bases})" if bases else f"class {name}"
        for member in sorted(_members(value)):
            found = inspect.getattr_static(value, member)
            if isinstance(found, property):
                yield f"    {member}: property"
            elif callable(found) or isinstance(found, (classmethod, staticmethod)):
                yield f"    {member}{_signature(getattr(value, member))}"
            else:
                yield f"    {member}"
    elif callable(value):
        yield f"{name}{_signature(value)}"
    else:
        yield f"{name}: {type(value).__name__}"


def _members(value: type) -> set[str]:
    own = [base for base in value.__mro__ if base.__module__.split(".")[0] == "stepwell"]
    return {member for base in own for member in vars(base) if not member.startswith("_")}


def _signature(value: object) -> str:
    try:
        signature = inspect.signature(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return "(...)"
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


if __name__ == "__main__":
    print(describe(), end="")
