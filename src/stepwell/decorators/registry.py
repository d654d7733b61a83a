"""Decorators by name: `--with retry:times=2`, and all decorators of a step in the order in which they act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.base.errors import UsageError
from stepwell.base.plugins import BUILT_IN, find_plugin
from stepwell.decorators.protocol import StepDecorator
from stepwell.flow.shape import decorators_on, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stepwell.documents.graph import DecoratorSpec


def parse_decorator_spec(text: str) -> tuple[str, dict[str, Any]]:
    """Name and options of a specification such as `retry:times=2,minutes_between_retries=0`.

    A value is read as JSON, else it is text; commas within brackets and quotes belong to the value.

    Raises:
        UsageError: The text has another form.
    """
    name, colon, rest = text.strip().partition(":")
    name = name.strip().removeprefix("@")
    if not name or (colon and not rest.strip()):
        raise _wrong_form(text)
    options: dict[str, Any] = {}
    for part in _split(rest) if rest else ():
        option, equals, value = part.partition("=")
        if not equals or not option.strip().isidentifier():
            raise _wrong_form(text)
        options[option.strip()] = _value(value.strip())
    return name, options


def is_mutator(decorator: Any) -> bool:
    """True for what stands among decorators and is none: it changes them before anything runs."""
    return hasattr(getattr(decorator, "user", None), "pre_mutate")


def make_decorator(name: str, options: Mapping[str, Any]) -> StepDecorator:
    """The decorator object for a name and options.

    Raises:
        UsageError: There is no such decorator, or it has no such option.
    """
    if name in BUILT_IN["decorators"]:
        found = find_plugin("decorators", name)
    else:
        from stepwell.decorators.naming import apply_class, find_decorator

        found = find_decorator(name)
        if hasattr(found, "_stepwell_target"):
            applied: StepDecorator = apply_class(found, (), dict(options))
            return applied
    if not issubclass(found, StepDecorator):
        raise UsageError(
            f"the plug-in `{name}` is not a step decorator",
            hint="it must extend `stepwell.decorators.protocol.StepDecorator`",
        )
    made: StepDecorator = found(**options)
    return made


def step_decorators(
    flow_class: type, step_name: str, extra_specs: Iterable[str | DecoratorSpec] = ()
) -> list[StepDecorator]:
    """All decorators of a step, outermost first.

    Those from outside (`--with`) stand outside of those in the file. One that the file already has is left out, unless
    the decorator allows several.

    Args:
        flow_class: The flow.
        step_name: The step.
        extra_specs: Specifications as text or as documents, in the order given.

    Raises:
        UsageError: A specification is wrong.
    """
    # A mutator is none; it stands among them until it has been at work.
    own: list[StepDecorator] = [one for one in decorators_on(flow_class, step_name) if not is_mutator(one)]
    shape = shape_of(flow_class)
    if shape is not None and shape.complete:
        return own
    return with_added(own, extra_specs)


def with_added(own: list[StepDecorator], extra_specs: Iterable[str | DecoratorSpec]) -> list[StepDecorator]:
    """Decorators of a step with those from outside around them; see `step_decorators`."""
    taken = {decorator.name for decorator in own if not decorator.allow_multiple}
    added: list[StepDecorator] = []
    for spec in extra_specs:
        name, options = parse_decorator_spec(spec) if isinstance(spec, str) else (spec.name, spec.options)
        decorator = make_decorator(name, options)
        if decorator.backend:
            raise UsageError(
                f"`--with {name}` asks for tasks on {decorator.backend}, and there is no backend for that yet",
                hint=f"leave it out: tasks then run on this machine; a `@{name}` in the file is kept, "
                "and has no effect on a local run",
            )
        if name not in taken:
            added.append(decorator)
            if not decorator.allow_multiple:
                taken.add(name)
    return [*added, *own]


def _split(text: str) -> Iterator[str]:
    """The parts between commas that stand outside of brackets and quotes."""
    depth, quoted, start = 0, False, 0
    for position, letter in enumerate(text):
        if letter == '"' and text[position - 1 : position] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif letter in "[{":
            depth += 1
        elif letter in "]}":
            depth -= 1
        elif letter == "," and depth == 0:
            yield text[start:position]
            start = position + 1
    yield text[start:]


def _value(text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except ValueError:
        pass
    words = {"True": True, "False": False, "None": None}
    if text in words:
        return words[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _wrong_form(text: str) -> UsageError:
    return UsageError(
        f"`{text}` is not a decorator with its options",
        hint="write `--with retry` or `--with retry:times=2,minutes_between_retries=0`",
    )
