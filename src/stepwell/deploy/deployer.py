"""`Deployer`: the shape that deploying a flow has from Python. No target is there yet, and asking for one says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Never

from stepwell.base.errors import UsageError
from stepwell.runner.flow_file import place_of, require_file

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from stepwell.flow.spec import FlowSpec

_TARGETS = {"argo_workflows": "Argo Workflows", "step_functions": "AWS Step Functions", "airflow": "Airflow"}


class Deployer:
    """Deploys a flow to a system that runs it unattended: `Deployer("train.py").argo_workflows().create()`.

    Args:
        flow_file: Path of the flow file, or the flow class.
        show_output: Print here what deploying prints.
        profile: Name of a configuration profile.
        env: Further environment variables.
        cwd: Working directory.
        file_read_timeout: Seconds until an answer must have come.
        **kwargs: Options that stand before the command.
    """

    def __init__(
        self,
        flow_file: str | os.PathLike[str] | type[FlowSpec],
        show_output: bool = True,
        profile: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        file_read_timeout: float = 3600,
        **kwargs: Any,
    ) -> None:
        self.flow_file = place_of(flow_file).file if isinstance(flow_file, type) else require_file(str(flow_file), cwd)
        self.show_output = show_output
        self.profile = profile
        self.env = dict(env or {})
        self.cwd = cwd
        self.file_read_timeout = file_read_timeout
        self.top_level_kwargs = kwargs

    def argo_workflows(self, name: str | None = None) -> Never:
        """Deploy to Argo Workflows.

        Raises:
            UsageError: Always, in this version.
        """
        raise _not_there("argo_workflows", name)

    def step_functions(self, name: str | None = None) -> Never:
        """Deploy to AWS Step Functions.

        Raises:
            UsageError: Always, in this version.
        """
        raise _not_there("step_functions", name)

    def airflow(self, name: str | None = None) -> Never:
        """Deploy to Airflow.

        Raises:
            UsageError: Always, in this version.
        """
        raise _not_there("airflow", name)


class NBDeployer(Deployer):
    """A `Deployer` for a flow that is defined in notebook cells."""

    def cleanup(self) -> None:
        """Nothing is left behind."""


class DeployedFlow:
    """A flow that was deployed; found by `from_deployment`, made by a deployer."""

    @classmethod
    def from_deployment(cls, identifier: str, metadata: str | None = None, impl: str | None = None) -> Never:
        """A deployed flow by its name.

        Raises:
            UsageError: Always, in this version.
        """
        del metadata
        raise _not_there((impl or "argo_workflows").replace("-", "_"), identifier)

    @classmethod
    def list_deployed_flows(cls, flow_name: str | None = None, impl: str | None = None) -> Never:
        """All flows that were deployed.

        Raises:
            UsageError: Always, in this version.
        """
        raise _not_there((impl or "argo_workflows").replace("-", "_"), flow_name)

    @classmethod
    def get_triggered_run(
        cls, identifier: str, run_id: str, metadata: str | None = None, impl: str | None = None
    ) -> Never:
        """A run that a deployed flow started.

        Raises:
            UsageError: Always, in this version.
        """
        del run_id, metadata
        raise _not_there((impl or "argo_workflows").replace("-", "_"), identifier)


def _not_there(target: str, name: str | None) -> UsageError:
    shown = _TARGETS.get(target, target)
    what = f"`{name}` cannot be deployed" if name else "the flow cannot be deployed"
    return UsageError(
        f"{what}: {shown} is not there yet",
        hint="run it with `Runner`, from cron or from another scheduler, until deployments have arrived",
    )
