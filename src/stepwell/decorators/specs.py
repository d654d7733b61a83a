"""Decorators as specifications: what mutators see of them, compare them by, and make them from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.base.errors import UsageError
from stepwell.decorators.naming import apply_class, find_decorator
from stepwell.decorators.registry import parse_decorator_spec
from stepwell.decorators.user_classes import Applied, UserClass, full_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Name, full name, arguments by position, arguments by name.
Spec = tuple[str, str, list[Any], dict[str, Any]]


def spec_of(decorator: Any) -> Spec:
    """The specification of a decorator object."""
    if isinstance(decorator, Applied):
        arguments = decorator.arguments
        return decorator.name, full_name(class_of(decorator)), list(arguments.args), dict(arguments.kwargs)
    return decorator.name, full_name(type(decorator)), [], dict(decorator.options)


def class_of(decorator: Any) -> type:
    """The class that makes a decorator what it is: a user's own, where it is one of a user."""
    return type(decorator.user) if isinstance(decorator, Applied) else type(decorator)


def has_name(decorator: Any, name: str) -> bool:
    """True when a decorator goes by a name: its own, its full one, or the end of its full one."""
    short, full, _, _ = spec_of(decorator)
    return name == short or f".{full}".endswith(f".{name}")


def matching(
    decorators: Iterable[Any], name: str, args: Sequence[Any] | None, kwargs: dict[str, Any] | None
) -> list[Any]:
    """The decorators of a name, and of these arguments when some are given."""
    found = []
    for decorator in decorators:
        _, _, own_args, own_kwargs = spec_of(decorator)
        if not has_name(decorator, name):
            continue
        if args is not None and list(args) != own_args:
            continue
        if kwargs is not None and kwargs not in (own_kwargs, getattr(decorator, "given", own_kwargs)):
            continue
        found.append(decorator)
    return found


def make(
    given: Any,
    args: Sequence[Any] | None,
    kwargs: dict[str, Any] | None,
    *,
    find: Callable[[str], type] = find_decorator,
) -> Any:
    """A decorator object from what a mutator gives: a specification as text, a class, or a name such as `retry`.

    Args:
        given: The decorator.
        args: Arguments by position.
        kwargs: Arguments by name.
        find: Gives the class for a name.

    Raises:
        UsageError: There is no such decorator, or it refuses the arguments.
    """
    args, kwargs = list(args or ()), dict(kwargs or {})
    if isinstance(given, str):
        name, options = parse_decorator_spec(given)
        if options and (args or kwargs):
            raise UsageError(
                f"`{given}` has options, and others are given beside it", hint="write all of them in one place"
            )
        cls, kwargs = find(name), kwargs or options
    elif isinstance(given, type):
        cls = given
    elif callable(given) and isinstance(getattr(given, "__name__", None), str):
        cls = find(given.__name__)
    else:
        raise UsageError(
            f"a value of type `{type(given).__name__}` is no decorator",
            hint='give a decorator, or its specification as text: `"retry:times=2"`',
        )
    if args and not issubclass(cls, UserClass):
        raise UsageError(
            f"`@{getattr(cls, 'name', cls.__name__)}` takes no arguments without a name",
            hint='give them by name: `deco_kwargs={"times": 2}`',
        )
    return apply_class(cls, args, kwargs)
