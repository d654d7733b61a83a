"""The parameters of a flow: which there are, and the value of each for one run, all faults at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from stepwell.base.errors import ParameterError
from stepwell.flow.config import values_of
from stepwell.flow.config_value import ConfigValue
from stepwell.flow.conversion import (
    JSONType,
    JSONTypeClass,
    WrongValue,
    constant_default,
    convert,
    missing,
    option_text,
    shown,
    wrong_type,
)
from stepwell.flow.parameter import Parameter, ParameterContext

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("JSONType", "JSONTypeClass", "Parameter", "ParameterContext", "parameters_of", "resolve_parameters")


def parameters_of(flow_class: type) -> list[Parameter[Any]]:
    """The parameters of a flow class in the order of definition, those of base classes first."""
    found: dict[str, Parameter[Any]] = {}
    for cls in reversed(flow_class.__mro__):
        for name, value in vars(cls).items():
            if isinstance(value, Parameter) and name not in found:
                final = getattr(flow_class, name, None)
                if isinstance(final, Parameter):
                    found[name] = final
    return list(found.values())


def resolve_parameters(
    flow_class: type,
    given: Mapping[str, Any],
    *,
    environ: Mapping[str, str],
    user: str,
    datastore_type: str = "file",
    leave_out: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """The value of every parameter of a flow, by attribute name.

    A value comes from `given`, else from the environment (`STEPWELL_RUN_<NAME>`), else from the default.

    Args:
        flow_class: The flow.
        given: Values by parameter name: text from a command line, or Python values.
        environ: The environment.
        user: Who runs the flow, for functions that compute defaults.
        datastore_type: Kind of datastore, for the same.
        leave_out: Attribute names of parameters that have a value from elsewhere.

    Raises:
        ParameterError: Something is missing, unknown or of the wrong type; all faults are told at once.
    """
    parameters = [parameter for parameter in parameters_of(flow_class) if parameter.attribute not in leave_out]
    by_key = {_key(parameter.name): parameter for parameter in parameters}
    by_key.update({_key(parameter.attribute): parameter for parameter in parameters})
    problems: list[tuple[str, str]] = []
    chosen: dict[str, Any] = {}
    for name, value in given.items():
        parameter = by_key.get(_key(name))
        if parameter is None:
            problems.append(_unknown(name, flow_class, parameters))
        else:
            chosen[parameter.attribute] = value
    values: dict[str, Any] = {}
    for parameter in parameters:
        try:
            if parameter.attribute in chosen:
                value = convert(parameter, chosen[parameter.attribute])
            elif parameter.variable in environ:
                value = _from_environment(parameter, environ[parameter.variable])
            else:
                context = ParameterContext(
                    flow_name=flow_class.__name__,
                    user_name=user,
                    parameter_name=parameter.name,
                    logger=_log,
                    ds_type=datastore_type,
                    configs=config_mapping(flow_class),
                )
                value = _default(parameter, context)
            values[parameter.attribute] = parameter.content_of(value)
        except WrongValue as wrong:
            problems.append((wrong.fault, wrong.cure))
    if problems:
        raise _error(problems)
    return values


def config_mapping(flow_class: type) -> Mapping[str, Any]:
    """The values of a flow's configs, for functions that compute defaults."""
    values = values_of(flow_class)
    return ConfigValue(values.named if values is not None else {})


def _default(parameter: Parameter[Any], context: ParameterContext) -> Any:
    if parameter.required:
        raise missing(parameter)
    if not parameter.is_computed:
        return constant_default(parameter)
    try:
        value = parameter.default(context)
    except Exception as error:
        place = _place_of(error)
        raise WrongValue(
            f"the function that computes the default of the parameter `{parameter.name}` raised "
            f"{type(error).__name__}: {error}{place}",
            f"mend the function, or give the value: `{option_text(parameter)}`",
        ) from error
    try:
        if isinstance(value, str) and parameter.kind in (int, float, bool):
            raise wrong_type(parameter, value)
        return convert(parameter, value)
    except WrongValue:
        raise WrongValue(
            f"the function that computes the default of the parameter `{parameter.name}` returned {shown(value)}, "
            f"which is not of type `{parameter.type_name}`",
            f"return a value of type `{parameter.type_name}`, or declare another `type=`",
        ) from None


def _from_environment(parameter: Parameter[Any], text: str) -> Any:
    try:
        return convert(parameter, text)
    except WrongValue as wrong:
        raise WrongValue(
            f"{wrong.fault} (from the environment variable `{parameter.variable}`)",
            wrong.cure.replace(f"--{parameter.name} ", f"{parameter.variable}="),
        ) from None


def _unknown(name: str, flow_class: type, parameters: list[Parameter[Any]]) -> tuple[str, str]:
    import difflib

    known = [parameter.name for parameter in parameters]
    close = difflib.get_close_matches(name.lower().replace("_", "-"), [key.lower().replace("_", "-") for key in known])
    message = f"`{flow_class.__name__}` has no parameter `{name}`"
    if close:
        nearest = next(key for key in known if key.lower().replace("_", "-") == close[0])
        return message, f"did you mean `{nearest}`?"
    if not known:
        return message, "it has no parameters at all"
    return message, "its parameters are: " + ", ".join(f"`{key}`" for key in known)


def _error(problems: list[tuple[str, str]]) -> ParameterError:
    if len(problems) == 1:
        return ParameterError(problems[0][0], hint=problems[0][1])
    missing = [cure.removeprefix("add `").removesuffix("`") for _, cure in problems if cure.startswith("add `--")]
    others = [cure for _, cure in problems if not cure.startswith("add `--")]
    if missing:
        others.insert(0, f"add `{' '.join(missing)}`")
    return ParameterError("\n".join(fault for fault, _ in problems), hint="; ".join(dict.fromkeys(others)))


def _place_of(error: BaseException) -> str:
    frames = []
    tb = error.__traceback__
    while tb is not None:
        frames.append(f", at {tb.tb_frame.f_code.co_filename}:{tb.tb_lineno}")
        tb = tb.tb_next
    return frames[-1] if len(frames) > 1 else ""


def _key(name: str) -> str:
    return name.lower().replace("_", "-")


def _log(text: str) -> None:
    sys.stderr.write(f"{text}\n")
