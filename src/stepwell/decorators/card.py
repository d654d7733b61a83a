"""`@card`: a report of a task. What a step adds is taken; the rendering of cards is not there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.decorators.applying import apply
from stepwell.decorators.options import FLAG, number, table, text
from stepwell.decorators.protocol import StepDecorator
from stepwell.flow.current import current, set_current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stepwell.decorators.protocol import TaskContext

    F = TypeVar("F", bound=Callable[..., Any])


class Card(StepDecorator):
    """The decorator behind `@card`; a step may have several, told apart by `id`."""

    name = "card"
    allow_multiple = True
    defaults = {  # noqa: RUF012 - a constant of the class
        "type": "default",
        "id": None,
        "options": {},
        "timeout": 45,
        "refresh_interval": 5,
        "scope": "task",
        "rank": None,
        "save_errors": True,
        "customize": False,
    }
    kinds = {  # noqa: RUF012 - a constant of the class
        "type": text("blank"),
        "id": text("scores"),
        "options": table('{"depth": 2}'),
        "timeout": number("45"),
        "refresh_interval": number("5"),
        "scope": text("task"),
        "save_errors": FLAG,
        "customize": FLAG,
    }

    def before_task(self, context: TaskContext) -> None:
        """Let the step write to its cards."""
        del context
        if not isinstance(current.get("card"), Components):
            set_current(card=Components())
        if self.options["id"] is not None:
            current.card[self.options["id"]]


class Components:
    """`current.card`: what a step adds to its cards. It is kept while the step runs, and not shown anywhere yet."""

    def __init__(self) -> None:
        self._components: list[Any] = []
        self._cards: dict[str, Components] = {}

    def append(self, component: Any, id: str | None = None) -> None:  # noqa: A002 - Metaflow's name
        """Add a component; with an id it can be replaced later."""
        del id
        self._components.append(component)

    def extend(self, components: Iterable[Any]) -> None:
        """Add several."""
        self._components.extend(components)

    def clear(self) -> None:
        """Take all away."""
        self._components.clear()

    def refresh(self, *args: Any, **kwargs: Any) -> None:
        """Show what is there by now; nothing does, yet."""

    @property
    def components(self) -> dict[str, Any]:
        """Components by position, as text."""
        return {str(place): component for place, component in enumerate(self._components)}

    def get(self, type: str | None = None) -> list[Components]:  # noqa: A002 - Metaflow's name
        """The cards of a type; all of them are the same here."""
        del type
        return [self, *self._cards.values()]

    def __getitem__(self, card: str) -> Components:
        return self._cards.setdefault(str(card), Components())

    def __setitem__(self, card: str, components: Iterable[Any]) -> None:
        made = self._cards[str(card)] = Components()
        made.extend(components)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._components)

    def __len__(self) -> int:
        return len(self._components)


@overload
def card(function: F, /) -> F: ...


@overload
def card(**options: Any) -> Callable[[F], F]: ...


def card(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Give the step a card, to which it adds components by `current.card.append(...)`.

    Cards are not rendered yet: what a step adds is accepted and not shown.

    Args:
        function: The step, when used bare.
        **options: `type`, `id` (to tell several cards apart), `options` (for the type), `timeout` (seconds),
            `refresh_interval` (seconds), `save_errors`, `customize`.

    Returns:
        The step itself.
    """
    return apply(Card, function, options)
