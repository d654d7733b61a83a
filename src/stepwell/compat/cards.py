"""The components of `metaflow.cards` as plain objects: they hold what they were given, and are not drawn yet.

So a flow that fills cards runs, and its steps do what they do. The classes that draw nothing by themselves,
`MetaflowCard` and `MetaflowCardComponent`, can be extended as in Metaflow.
"""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any, ClassVar

from stepwell.compat.absent import MissingFeature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Never


class MetaflowCardComponent:
    """What a card is made of; the base of all components, and of users' own."""

    type: ClassVar[str | None] = None
    REALTIME_UPDATABLE: ClassVar[bool] = False

    _component_id: str | None = None

    @property
    def component_id(self) -> str | None:
        """The id under which the card knows it."""
        return self._component_id

    @component_id.setter
    def component_id(self, value: object) -> None:
        if not isinstance(value, str):
            raise TypeError("a component's id is a text")
        self._component_id = value

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Change what it shows."""

    def render(self) -> Any:
        """What the card shows for it: a text or a dict."""
        raise NotImplementedError(f"`{type(self).__name__}` has no `render`")


class UserComponent(MetaflowCardComponent):
    """A component that steps make: it holds its arguments as attributes."""

    def render(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ARG002
        """Its type and what it holds; cards are not drawn yet."""
        return {"type": self.type, **{name.lstrip("_"): value for name, value in vars(self).items()}}

    def __repr__(self) -> str:
        held = ", ".join(f"{name}={value!r}"[:60] for name, value in vars(self).items() if not name.startswith("_"))
        return f"<{type(self).__name__} {held}>"


class Artifact(UserComponent):
    """A value, pretty-printed."""

    type = "artifact"
    REALTIME_UPDATABLE = True

    def __init__(self, artifact: Any, name: str | None = None, compressed: bool = True) -> None:
        self.artifact = artifact
        self.name = name
        self.compressed = compressed

    def update(self, artifact: Any) -> None:
        """Show another value."""
        self.artifact = artifact


class Table(UserComponent):
    """Rows of values or components."""

    type = "table"
    REALTIME_UPDATABLE = True

    def __init__(
        self,
        data: Sequence[Sequence[Any]] | None = None,
        headers: Sequence[str] | None = None,
        disable_updates: bool = False,
    ) -> None:
        self.data = [[]] if data is None else [list(row) for row in data]
        self.headers = list(headers or ())
        self.disable_updates = disable_updates

    @classmethod
    def from_dataframe(cls, dataframe: Any = None, truncate: bool = True) -> Table:
        """The first rows of a data frame, all of them without `truncate`."""
        shown = dataframe.head(100) if truncate else dataframe
        return cls(data=shown.values.tolist(), headers=[str(name) for name in shown.columns])


class Image(UserComponent):
    """A picture, given as the bytes of its file."""

    type = "image"
    REALTIME_UPDATABLE = True

    def __init__(self, src: bytes | None = None, label: str | None = None, disable_updates: bool = True) -> None:
        self.label = label
        self.disable_updates = disable_updates
        self._source = src

    @classmethod
    def from_pil_image(cls, pilimage: Any, label: str | None = None, disable_updates: bool = False) -> Image:
        """From an image of Pillow's."""
        import io

        written = io.BytesIO()
        pilimage.save(written, format="PNG", optimize=True)
        return cls(src=written.getvalue(), label=label, disable_updates=disable_updates)

    @classmethod
    def from_matplotlib(cls, plot: Any, label: str | None = None, disable_updates: bool = False) -> Image:
        """From a figure or axes of Matplotlib's."""
        import io

        figure = plot if hasattr(plot, "savefig") else plot.get_figure()
        written = io.BytesIO()
        figure.savefig(written, bbox_inches="tight", transparent=True, format="png")
        return cls(src=written.getvalue(), label=label, disable_updates=disable_updates)

    def update(self, image: Any, label: str | None = None) -> None:
        """Show another picture."""
        self._source = image
        self.label = label or self.label


class Error(UserComponent):
    """An exception with its traceback."""

    type = "error"

    def __init__(self, exception: BaseException, title: str | None = None) -> None:
        self.exception = exception
        self.title = title


class Markdown(UserComponent):
    """Text with Markdown in it; common indentation is removed."""

    type = "markdown"
    REALTIME_UPDATABLE = True

    def __init__(self, text: str | None = None) -> None:
        self.text = None if text is None else dedent(text)

    def update(self, text: str | None = None) -> None:
        """Show another text."""
        self.text = None if text is None else dedent(text)


class VegaChart(UserComponent):
    """A chart as a specification of Vega-Lite's."""

    type = "vegaChart"
    REALTIME_UPDATABLE = True

    def __init__(self, spec: Mapping[str, Any], show_controls: bool = False) -> None:
        self.spec = spec
        self.show_controls = show_controls

    @classmethod
    def from_altair_chart(cls, altair_chart: Any) -> VegaChart:
        """From a chart of Altair's."""
        return cls(spec=altair_chart.to_dict())

    def update(self, spec: Mapping[str, Any] | None = None) -> None:
        """Show another specification."""
        self.spec = self.spec if spec is None else spec


class ProgressBar(UserComponent):
    """How far something is."""

    type = "progressBar"
    REALTIME_UPDATABLE = True

    def __init__(
        self,
        max: int = 100,  # noqa: A002 - Metaflow's name
        label: str | None = None,
        value: int = 0,
        unit: str | None = None,
        metadata: str | None = None,
    ) -> None:
        self.max = max
        self.label = label
        self.value = value
        self.unit = unit
        self.metadata = metadata

    def update(self, new_value: int, metadata: str | None = None) -> None:
        """Say how far it is now."""
        self.value = new_value
        self.metadata = self.metadata if metadata is None else metadata


class ValueBox(UserComponent):
    """One number, large."""

    type = "valueBox"
    REALTIME_UPDATABLE = True

    def __init__(
        self,
        title: str | None = None,
        value: str | float = "",
        subtitle: str | None = None,
        theme: str | None = None,
        change_indicator: str | None = None,
    ) -> None:
        self.title = title
        self.value = value
        self.subtitle = subtitle
        self.theme = theme
        self.change_indicator = change_indicator

    def update(
        self,
        title: str | None = None,
        value: str | float | None = None,
        subtitle: str | None = None,
        theme: str | None = None,
        change_indicator: str | None = None,
    ) -> None:
        """Change what is given."""
        given = {
            "title": title,
            "value": value,
            "subtitle": subtitle,
            "theme": theme,
            "change_indicator": change_indicator,
        }
        self.__dict__.update({name: text for name, text in given.items() if text is not None})


class PythonCode(UserComponent):
    """Source code, given as a function or as text."""

    type = "pythonCode"

    def __init__(self, code_func: Callable[..., Any] | None = None, code_string: str | None = None) -> None:
        self.code_func = code_func
        self.code_string = code_string


class EventsTimeline(UserComponent):
    """Events in the order in which they came."""

    type = "eventsTimeline"
    REALTIME_UPDATABLE = True

    def __init__(self, title: str | None = None, max_events: int = 100) -> None:
        self.title = title
        self.max_events = max_events
        self._events: list[dict[str, Any]] = []
        self._finished = False

    def update(
        self,
        event_data: Mapping[str, Any],
        style_theme: str | None = None,
        priority: str | None = None,
        payloads: Mapping[str, Any] | None = None,
        finished: bool | None = None,
    ) -> None:
        """Add an event; the oldest goes when there are too many."""
        self._events.append(
            {"event": event_data, "theme": style_theme, "priority": priority, "payloads": dict(payloads or {})}
        )
        del self._events[: -self.max_events]
        self._finished = self._finished if finished is None else finished

    def get_stats(self) -> dict[str, Any]:
        """How many events there are, and whether more will come."""
        return {"total_events": len(self._events), "max_events": self.max_events, "finished": self._finished}


class JSONViewer(UserComponent):
    """Nested data as a tree."""

    type = "jsonViewer"
    REALTIME_UPDATABLE = True

    def __init__(
        self,
        data: Any,
        collapsible: bool = True,
        max_height: str | None = None,
        show_copy_button: bool = True,
        title: str | None = None,
    ) -> None:
        self.data = data
        self.collapsible = collapsible
        self.max_height = max_height
        self.show_copy_button = show_copy_button
        self.title = title

    def update(self, data: Any) -> None:
        """Show other data."""
        self.data = data


class YAMLViewer(JSONViewer):
    """Nested data as YAML."""

    type = "yamlViewer"


class PageComponent(UserComponent):
    """A page of a card: a title and what stands below it."""

    type = "page"

    def __init__(
        self, title: str | None = None, subtitle: str | None = None, contents: Sequence[MetaflowCardComponent] = ()
    ) -> None:
        self.title = title
        self.subtitle = subtitle
        self.contents = list(contents)


class MetaflowCard:
    """A type of card; extend it and write `render(task)`."""

    type: ClassVar[str | None] = None
    ALLOW_USER_COMPONENTS: ClassVar[bool] = False
    RUNTIME_UPDATABLE: ClassVar[bool] = False
    IS_EDITABLE: ClassVar[bool] = False
    scope: ClassVar[str] = "task"

    def __init__(
        self,
        options: Mapping[str, Any] | None = None,
        components: Sequence[Any] = (),
        graph: Any = None,
        flow: Any = None,
        **kwargs: Any,
    ) -> None:
        self.options = dict(options or {})
        self.components = list(components)
        self.graph = graph
        self.flow = flow
        self.more = kwargs

    def render(self, task: Any, *args: Any, **kwargs: Any) -> str:  # noqa: ARG002
        """The card's HTML."""
        raise _not_drawn(f"the card `{self.type or type(self).__name__}`")

    def render_runtime(self, task: Any, data: Any) -> str:  # noqa: ARG002
        """The card's HTML while its task runs."""
        raise _not_drawn(f"the card `{self.type or type(self).__name__}`")

    def refresh(self, task: Any, data: Any) -> Any:  # noqa: ARG002
        """What has changed since it was made."""
        return None

    def reload_content_token(self, task: Any, data: Any) -> str | None:  # noqa: ARG002
        """A text that changes when the card must be made anew."""
        return None


class DefaultCard(MetaflowCard):
    """What `@card` gives without a type."""

    type = "default"
    ALLOW_USER_COMPONENTS = True

    def __init__(
        self,
        options: Mapping[str, Any] | None = None,
        components: Sequence[Any] = (),
        graph: Any = None,
        graph_info: Any = None,
        flow: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            {"only_repr": True} if options is None else options,
            components,
            graph,
            flow,
            graph_info=graph_info,
            **kwargs,
        )


class BlankCard(MetaflowCard):
    """Only what the step puts in."""

    type = "blank"
    ALLOW_USER_COMPONENTS = True


class ErrorCard(MetaflowCard):
    """What stands for a card that cannot be made."""

    type = "error"


def get_cards(task: Any, id: str | None = None, type: str | None = None, follow_resumed: bool = True) -> Never:  # noqa: A002, ARG001 - Metaflow's names
    """The cards of a task.

    Raises:
        MissingFeature: Cards are not drawn yet, so there are none to get.
    """
    raise _not_drawn(f"a card of `{task}`")


def _not_drawn(what: str) -> MissingFeature:
    return MissingFeature(
        f"{what} cannot be shown: cards are not drawn yet in Stepwell",
        hint="flows that fill cards run, and the artifacts that went into them are there: `task.data`",
    )
