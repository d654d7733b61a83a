"""`NBRunner`: a flow that stands in notebook cells, run as a process of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING, Any

from stepwell.runner.cells import write_cells
from stepwell.runner.flow_file import place_of
from stepwell.runner.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepwell.client.run import Run
    from stepwell.flow.spec import FlowSpec


class NBRunner(Runner):
    """Runs a flow that was defined in a notebook, in one cell or in several.

    ```python
    run = NBRunner(TrainFlow).nbrun(alpha=0.1)
    ```

    The class, and everything that it uses from any cell, is written to a file, in the version that was run last.

    Args:
        flow: The flow class.
        show_output: Print here what the run prints.
        profile: Name of a configuration profile.
        env: Further environment variables of the process.
        base_dir: Folder for the file; a temporary one by default.
        file_read_timeout: Seconds until the run must have begun.
        **kwargs: As for `Runner`.
    """

    def __init__(
        self,
        flow: type[FlowSpec],
        show_output: bool = True,
        profile: str | None = None,
        env: Mapping[str, str] | None = None,
        base_dir: str | None = None,
        file_read_timeout: float = 3600,
        **kwargs: Any,
    ) -> None:
        self._folder = None if base_dir is not None else tempfile.mkdtemp(prefix="stepwell-notebook-")
        written = _is_written(flow)
        path = place_of(flow).file if written else write_cells(flow, base_dir or self._folder)
        super().__init__(
            f"{path}:{flow.__name__}",
            show_output=show_output,
            profile=profile,
            env=env,
            file_read_timeout=file_read_timeout,
            **kwargs,
        )

    def nbrun(self, **kwargs: Any) -> Run:
        """Run the flow, wait for the end, remove the file, and return the run. Errors as for `run`."""
        try:
            return self.run(**kwargs).run
        finally:
            self.cleanup()

    def nbresume(self, **kwargs: Any) -> Run:
        """Go on from an earlier run, wait for the end, remove the file, and return the run."""
        try:
            return self.resume(**kwargs).run
        finally:
            self.cleanup()

    def cleanup(self) -> None:
        """End what still runs, and remove the file."""
        super().cleanup()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _is_written(flow: type[FlowSpec]) -> bool:
    import sys

    file = getattr(sys.modules.get(flow.__module__), "__file__", None)
    return isinstance(file, str) and os.path.isfile(file)
