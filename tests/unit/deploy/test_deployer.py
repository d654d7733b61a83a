"""The shape is there; what it cannot do yet, it says."""

from __future__ import annotations

import pytest

from stepwell import DeployedFlow, Deployer, NBDeployer
from stepwell.base.errors import UsageError


def test_no_target_is_there_yet_and_each_says_so(tmp_path):
    flow = tmp_path / "flow.py"
    flow.write_text("")
    deployer = Deployer(flow, env={"A": "1"}, branch="main")
    assert deployer.flow_file == str(flow)
    for call in (
        deployer.argo_workflows,
        lambda: deployer.step_functions("mine"),
        deployer.airflow,
        lambda: NBDeployer(str(flow)).argo_workflows(),
        lambda: DeployedFlow.from_deployment("mine"),
        lambda: DeployedFlow.list_deployed_flows(impl="step-functions"),
        lambda: DeployedFlow.get_triggered_run("mine", "7"),
    ):
        with pytest.raises(UsageError, match="is not there yet") as refusal:
            call()
        assert "Runner" in refusal.value.hint


def test_a_file_that_is_missing_is_told_first():
    with pytest.raises(UsageError, match="there is no flow file"):
        Deployer("nowhere.py")
