"""What the commands of one call share: settings as the flags change them, the flow, and what is opened on demand."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stepwell.base.errors import ConfigError, NotFound, SettingsError, StepwellError, UsageError
from stepwell.base.pathspec import Pathspec, parse_pathspec
from stepwell.cli.config_arguments import ConfigArguments
from stepwell.cli.render.style import Style, is_terminal, style_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stepwell.base.settings import Settings
    from stepwell.cli.runner_call import RunnerCall
    from stepwell.client.session import ClientSession
    from stepwell.flow.spec import FlowSpec
    from stepwell.records.sqlite import Records
    from stepwell.store.datastore import Datastore

LATEST = "latest"


class Session:
    """One call of the command line.

    Args:
        program: What was typed to get here, for messages: `python train.py` or `stepwell`.
        flow_class: The flow, for `python flow.py`.
        flow_file: Its file, as an absolute path.

    Attributes:
        flags: Settings given as options, by name.
        decorators: `--with` specifications in the order given.
        flow_options: Options that the flow's decorators add, by name.
        configs: Configs of the flow that were given as options.
        command_line: The whole call as typed, for the record.
        resume_command: What resumes a run of the flow.
        runner_call: For a command that a `Runner` started, its arguments and where events go.
    """

    def __init__(
        self,
        program: str,
        *,
        flow_class: type[FlowSpec] | None = None,
        flow_file: str = "",
        command_line: tuple[str, ...] = (),
    ) -> None:
        self.program = program
        self.flow_class = flow_class
        self.flow_file = flow_file
        self.command_line = command_line
        self.resume_command = f"{program} resume"
        self.runner_call: RunnerCall | None = None
        self.flags: dict[str, object] = {}
        self.decorators: list[str] = []
        self.flow_options: dict[str, Any] = {}
        self.configs: ConfigArguments = ConfigArguments()
        self._shaped = False
        self._settings: Settings | None = None
        self._settings_of: dict[str, object] = {}
        self._datastore: Datastore | None = None
        self._records: Records | None = None
        self._client: ClientSession | None = None

    @property
    def settings(self) -> Settings:
        """The settings with the flags that are known by now; a flow with configs needs some before all are read."""
        if self._settings is None or self._settings_of != self.flags:
            from stepwell.base.settings import load_settings

            self._settings, self._settings_of = load_settings(self.flags), dict(self.flags)
        return self._settings

    @property
    def declared_flow(self) -> type[FlowSpec]:
        """The flow class of `python flow.py` as its file declares it."""
        if self.flow_class is None:
            raise UsageError("this command needs a flow", hint="call it as `python flow.py ...`")
        return self.flow_class

    @property
    def speaks_metaflow(self) -> bool:
        """True in compat mode: what scripts read is printed in Metaflow's words."""
        from stepwell.base.compat_names import in_compat_mode

        return in_compat_mode()

    @property
    def flow(self) -> type[FlowSpec]:
        """The flow class, ready for use: its configs are read when this is first asked for.

        Raises:
            ConfigError: A config is missing, unknown or cannot be read.
        """
        flow = self.declared_flow
        if not self._shaped:
            from stepwell.decorators.shaping import needs_shape, shape_flow

            try:
                if needs_shape(flow):
                    shape_flow(flow, self.configs.given(), environ=os.environ, user=self.settings.user)
            except ConfigError:
                # A page of help must not need a config.
                if not {"--help", "-h"} & set(self.command_line):
                    raise
            self._shaped = True
        return flow

    @property
    def finished_flow(self) -> type[FlowSpec]:
        """The flow class as it would run: mutators have seen what `--with` adds."""
        flow = self.flow
        from stepwell.decorators.registry import parse_decorator_spec
        from stepwell.decorators.shaping import finish_shape
        from stepwell.documents.graph import DecoratorSpec
        from stepwell.flow.shape import shape_of

        shape = shape_of(flow)
        if shape is not None and not shape.complete:
            added = map(parse_decorator_spec, (*self.decorators, *self.settings.default_decorators))
            finish_shape(flow, [DecoratorSpec(name=name, options=options, in_file=False) for name, options in added])
        return flow

    @property
    def flow_name(self) -> str | None:
        """The flow's name, None for the global command."""
        return self.flow_class.__name__ if self.flow_class is not None else None

    def datastore(self) -> Datastore:
        """The datastore, for reading.

        Raises:
            NotFound: There is none yet.
        """
        if self._datastore is None:
            from stepwell.store.datastore import open_datastore

            self._datastore = open_datastore(self.settings.datastore, create=False)
        return self._datastore

    def records(self) -> Records:
        """The index of the datastore."""
        if self._records is None:
            from stepwell.records.opening import open_records

            self._records = open_records(self.datastore())
        return self._records

    def client(self) -> ClientSession:
        """The datastore for the client's own functions: loading values, changing tags."""
        if self._client is None:
            from stepwell.client.session import ClientSession

            self._client = ClientSession(self.datastore(), namespace=None)
        return self._client

    def pathspec(self, text: str, *, least: int = 1, most: int = 5) -> Pathspec:
        """A pathspec as typed: the flow may be left out within `python flow.py`, `latest` stands for the last run.

        Args:
            text: What was typed.
            least: The smallest number of parts, the flow included.
            most: The largest number of parts.
        """
        given = text.strip().strip("/")
        if self.flow_name is not None and given.split("/")[0] != self.flow_name:
            given = f"{self.flow_name}/{given}" if given else self.flow_name
        spec = parse_pathspec(given, least=least, most=most)
        if spec.run == LATEST:
            spec = spec._replace(run=self.latest_run(spec.flow))
        return spec

    def latest_run(self, flow: str) -> str:
        """The id of a flow's newest run.

        Raises:
            NotFound: The flow has no runs.
        """
        newest = self.records().runs(flow, limit=1)
        if not newest:
            raise NotFound(f"the flow `{flow}` has no runs in `{self.datastore().url}`", hint=self.run_hint())
        return newest[0].run

    def run_hint(self) -> str:
        """What to type for a first run."""
        command = f"{self.program} run" if self.flow_class is not None else "stepwell run FILE"
        return f"start one with `{command}`, or name another datastore with `--datastore`"

    def suggest(self, command: str) -> str:
        """A command to type next, with the datastore when this call named one."""
        place = self.flags.get("datastore")
        return f"{command} --datastore {place}" if place is not None else command

    def style(self, stream: Any = None) -> Style:
        """The colours for a stream, standard output by default."""
        try:
            color = self.settings.color
        except SettingsError:
            # Whoever reads the settings for another reason tells what is wrong with them.
            color = "auto"
        return style_for(stream if stream is not None else sys.stdout, color, os.environ)

    def width(self) -> int | None:
        """Columns of the terminal that standard output goes to, None when it goes elsewhere: then nothing is cut."""
        return shutil.get_terminal_size((80, 24)).columns if is_terminal(sys.stdout) else None

    @contextmanager
    def called(self) -> Iterator[None]:
        """Within: what a `Runner` gave is known, and an error is told to it, as it is to everybody."""
        if "STEPWELL_RUNNER_CALL" not in os.environ:
            yield
            return
        from stepwell.cli.runner_call import take_call

        self.runner_call = take_call()
        try:
            yield
        except StepwellError as error:
            if self.runner_call is not None:
                self.runner_call.refuse(error)
            raise

    def print(self, lines: Iterable[str]) -> None:
        """Write lines to standard output."""
        for line in lines:
            sys.stdout.write(line + "\n")

    def print_json(self, value: Any) -> None:
        """Write a document to standard output as JSON."""
        from stepwell.cli.render.json import document

        sys.stdout.write(document(value) + "\n")
