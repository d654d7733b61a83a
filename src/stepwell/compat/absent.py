"""What Metaflow has and Stepwell does not have yet: it imports, and says so when it is used."""

from __future__ import annotations

from typing import Any, NoReturn

from stepwell.base.errors import StepwellError


class MissingFeature(StepwellError, ImportError):
    """A feature of Metaflow that is not there yet was used."""


class _AbsentType(type):
    """The type of stand-ins: every use but naming them is refused."""

    def __call__(cls, *_: Any, **__: Any) -> NoReturn:
        raise _missing(cls)

    def __getattr__(cls, name: str) -> NoReturn:
        # Tools ask modules' values for such names to see what they are.
        if name.startswith("__"):
            raise AttributeError(name)
        raise _missing(cls)

    def __repr__(cls) -> str:
        return f"<{cls.__name__}: not there yet in Stepwell>"


def absent(name: str, module: str, why: str) -> type:
    """A stand-in for a class or function that is not there.

    Args:
        name: Its name.
        module: The module of Metaflow's that has it.
        why: What it belongs to, and what to do without it, as the second half of a sentence.
    """
    made: type = _AbsentType(name, (), {"__doc__": f"Not there yet: {why}.", "__module__": module, "_why": why})
    return made


def is_absent(value: object) -> bool:
    """True for a stand-in."""
    return isinstance(value, _AbsentType)


def _missing(cls: type) -> MissingFeature:
    return MissingFeature(
        f"`{cls.__module__}.{cls.__name__}` is not there yet in Stepwell: {cls.__dict__.get('_why', '')}",
        hint="docs/coming-from-metaflow.md says what there is, and what comes instead of the rest",
    )
