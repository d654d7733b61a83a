"""Running a whole flow in a test: in this process, in a datastore that goes with the run."""

from __future__ import annotations

import tempfile
import weakref
from typing import TYPE_CHECKING, Any

from stepwell.base.errors import RunFailed
from stepwell.flow.constants import original_class
from stepwell.runner.flow_file import place_of
from stepwell.runner.in_process import split_given, start

if TYPE_CHECKING:
    from stepwell.client.run import Run
    from stepwell.flow.spec import FlowSpec


def run_flow(flow: type[FlowSpec], **given: Any) -> Run:
    """Run a flow to its end.

    Every task runs in this process, one after the other, so that breakpoints, coverage and monkeypatching work.

    Args:
        flow: The flow class.
        **given: Parameters by name, and options as for `MyFlow.run(...)`. Without `datastore`, the run is kept in a
            temporary folder that is removed when nobody holds the run any more.

    Returns:
        The run, as the client has it.

    Raises:
        RunFailed: It did not succeed; `.run` is the run.
        ParameterError: A parameter is missing, unknown or wrong.
        LintError: The flow has faults.
    """
    flow = original_class(flow)
    options, parameters = split_given(flow, given)
    flags: dict[str, object] = {"isolation": options.get("isolation", "none"), "code_suffixes": ()}
    flags |= {name: options[name] for name in ("max_workers", "on_failure", "namespace") if name in options}
    folder: tempfile.TemporaryDirectory[str] | None = None
    if "datastore" in options:
        flags["datastore"] = options["datastore"]
    else:
        folder = tempfile.TemporaryDirectory(prefix="stepwell-test-", ignore_cleanup_errors=True)
        flags["datastore"] = folder.name
    try:
        run = start(
            flow,
            place_of(flow),
            parameters,
            flags,
            tags=tuple(options.get("tags", ())),
            decorators=tuple(options.get("decospecs", ())),
            max_num_splits=options.get("max_num_splits"),
            show_output=bool(options.get("show_output", True)),
        )
    except RunFailed as failure:
        _keep_while_held(folder, failure.run)
        raise
    except BaseException:
        if folder is not None:
            folder.cleanup()
        raise
    _keep_while_held(folder, run)
    return run


def _keep_while_held(folder: tempfile.TemporaryDirectory[str] | None, run: Run | None) -> None:
    if folder is not None and run is not None:
        weakref.finalize(run._session, folder.cleanup)  # noqa: SLF001 - what every object of the run holds
