"""`run`: the flow's parameters as options, and a new run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stepwell.cli.commands.running import execute, running_options
from stepwell.cli.options import StepwellCommand, session_of

if TYPE_CHECKING:
    from stepwell.cli.session import Session
    from stepwell.flow.config import ConfigDeclaration
    from stepwell.flow.parameters import Parameter

_METAVARS = {"str": "TEXT", "int": "INT", "float": "FLOAT", "bool": "BOOL", "JSON": "JSON", "FILE": "FILE"}


def command(session: Session) -> click.Command:
    """The command, with the parameters of the session's flow as options."""
    from stepwell.flow.config import configs_of
    from stepwell.flow.parameters import parameters_of

    options = {
        f"parameter_{index}": ParameterOption(parameter, f"parameter_{index}")
        for index, parameter in enumerate(parameters_of(session.flow))
        if not parameter.faults
    }

    def run(
        *, tags: tuple[str, ...], max_num_splits: int | None, run_id_file: str | None, as_json: bool, **given: Any
    ) -> int:
        from stepwell.engine.request import RunRequest
        from stepwell.flow.parse import build_graph

        parameters = {options[name].parameter.name: value for name, value in given.items() if value is not None}
        request = RunRequest(
            flow=session.flow,
            file=session.flow_file,
            parameters=parameters,
            tags=tags,
            decorators=tuple(session.decorators),
            flow_options=session.flow_options,
            command=session.command_line,
            run_id_file=run_id_file,
            max_num_splits=max_num_splits,
        )
        return execute(session, request, build_graph(session.flow).document(), as_json=as_json)

    return RunCommand(
        "run",
        callback=run,
        params=[*options.values(), *running_options()],
        help=f"Run {session.flow_name}.",
        sections={f"Parameters of {session.flow_name}": set(options)},
        show_common=True,
        configs=list(configs_of(session.declared_flow).values()),
    )


class RunCommand(StepwellCommand):
    """Lists the flow's configs in its help. What is given for them was taken from the arguments before.

    Args:
        configs: The flow's configs.
    """

    def __init__(self, *args: Any, configs: list[ConfigDeclaration], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._configs = configs

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the configs, then the options."""
        if self._configs:
            with formatter.section(
                f"Configs of {session_of(ctx).flow_name} (--config NAME FILE, --config-value NAME TEXT)"
            ):
                formatter.write_dl([(config.name, config_help(config)) for config in self._configs])
        super().format_options(ctx, formatter)


def config_help(config: ConfigDeclaration) -> str:
    """What `--help` says of a config."""
    default = config.default if config.default is not None else config.default_value
    if config.required:
        note = "[required]"
    elif not config.show_default or (default is None and config.show_default is True):
        note = ""
    elif isinstance(config.show_default, str):
        note = f"[default: {config.show_default}]"
    else:
        note = "[default: computed]" if callable(default) else f"[default: {default}]"
    return f"{config.help}  {note}".strip()


class ParameterOption(click.Option):
    """A flow parameter as an option: text here, a value where the flow's own conversion makes it one.

    Args:
        parameter: The parameter.
        field: The name of the value in the command's call.
    """

    def __init__(self, parameter: Parameter[Any], field: str) -> None:
        dashed = parameter.name.replace("_", "-")
        spellings = dict.fromkeys((f"--{parameter.name}", f"--{dashed}"))
        super().__init__([*spellings, field], type=str, metavar=_METAVARS.get(parameter.type_name, "TEXT"))
        self.parameter = parameter

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option under the parameter's own name, with its help and what happens without it."""
        return f"--{self.parameter.name} {self.make_metavar(ctx)}", parameter_help(self.parameter)


def parameter_help(parameter: Parameter[Any]) -> str:
    """What `--help` says of a parameter."""
    if parameter.required:
        note = "[required]"
    elif not parameter.show_default or (parameter.default is None and parameter.show_default is True):
        note = ""
    elif isinstance(parameter.show_default, str):
        note = f"[default: {parameter.show_default}]"
    else:
        note = "[default: computed]" if parameter.is_computed else f"[default: {parameter.default}]"
    return f"{parameter.help}  {note}".strip()
