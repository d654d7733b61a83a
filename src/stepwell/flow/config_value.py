"""`ConfigValue`: what a config holds, as a mapping that cannot be changed and whose keys are attributes too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEEDED = "; `to_dict()` gives a copy that can be changed"


class ConfigValue(dict[str, Any]):
    """The value of a config: `config.training.epochs` is `config["training"]["epochs"]`.

    It is a dict, so that it can be passed to whatever takes one, and nothing in it can be changed: a change would not
    reach other steps. `to_dict()` gives a plain copy.

    Args:
        data: The value; dicts and lists within are converted too.
    """

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__({key: as_config_value(value) for key, value in (data or {}).items()})

    def to_dict(self) -> dict[str, Any]:
        """A plain copy, also of what is within."""
        return {key: as_plain(value) for key, value in self.items()}

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(missing_key(name, self)) from None

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(key for key in self if str(key).isidentifier())})

    def __reduce__(self) -> tuple[type[ConfigValue], tuple[dict[str, Any]]]:
        return ConfigValue, (self.to_dict(),)

    def __deepcopy__(self, memo: dict[int, Any]) -> ConfigValue:
        return self

    def copy(self) -> dict[str, Any]:
        """A plain copy of this level."""
        return dict(self)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("ConfigValue is immutable" + _NEEDED)

    __setattr__ = __delattr__ = __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


class ConfigList(list[Any]):
    """A list within a config, which cannot be changed either."""

    def __reduce__(self) -> tuple[type[ConfigList], tuple[list[Any]]]:
        return ConfigList, ([as_plain(item) for item in self],)

    def __deepcopy__(self, memo: dict[int, Any]) -> ConfigList:
        return self

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a list of a config is immutable; `list(...)` gives a copy that can be changed")

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse


def as_config_value(value: Any) -> Any:
    """A value with its dicts and lists made immutable."""
    if isinstance(value, (ConfigValue, ConfigList)):
        return value
    if isinstance(value, dict):
        return ConfigValue(value)
    return ConfigList(as_config_value(item) for item in value) if type(value) is list else value


def as_plain(value: Any) -> Any:
    """A value with ordinary dicts and lists in it, all of them copies."""
    if isinstance(value, dict):
        return {key: as_plain(item) for key, item in value.items()}
    return [as_plain(item) for item in value] if isinstance(value, list) else value


def missing_key(name: object, known: Mapping[str, Any]) -> str:
    """What to say of a key that a config does not have."""
    import difflib

    keys = [str(key) for key in known]
    close = difflib.get_close_matches(str(name), keys, n=1)
    if close:
        return f"the config has no key `{name}`; did you mean `{close[0]}`?"
    listed = ", ".join(f"`{key}`" for key in keys[:10])
    return f"the config has no key `{name}`" + (f"; its keys are: {listed}" if listed else "; it is empty")
