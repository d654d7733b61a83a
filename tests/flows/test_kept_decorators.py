"""Decorators for places that are not there yet: checked, kept in the graph, and without effect on a local run."""

from __future__ import annotations

import json

import pytest

import stepwell
from stepwell.base.errors import UsageError

FLOW = """
from stepwell import (
    airflow_external_task_sensor, airflow_s3_key_sensor, batch, card, conda, conda_base, kubernetes, pypi, pypi_base,
    schedule, trigger, trigger_on_finish,
)

{on_class}
class Kept(FlowSpec):
    {on_step}
    @step
    def start(self):
        {body}
        self.next(self.end)

    @step
    def end(self):
        witness("end")
"""

ON_CLASS = """
@conda_base(packages={"numpy": "2.0.0"}, python="3.11")
@pypi_base(packages={"requests": ">=2"})
@schedule(cron="0 6 * * *", timezone="Europe/Berlin")
@trigger(event={"name": "data_ready", "parameters": {"alpha": "a"}})
@trigger_on_finish(flows=["A", "project.branch.B", {"name": "C"}])
@airflow_external_task_sensor(external_dag_id="export", timeout=60)
@airflow_s3_key_sensor(bucket_key="a/b", name="one")
@airflow_s3_key_sensor(bucket_key="c/d", name="two")
"""

ON_STEP = """
    @kubernetes(cpu=64, memory=1_000_000, gpu=8, image="x", tolerations=[{"key": "a"}], qos="Guaranteed", secrets=["t"])
    @batch(cpu="64", queue="q", gpu=8, host_volumes="/data", aws_batch_tags={"a": "b"})
    @conda(packages={"numpy": "2.0.0"}, libraries={"x": "1"})
    @pypi(packages={"pandas": "2.2.0"}, disabled=False)
    @card(type="blank", id="a", options={"x": 1}, timeout=100, refresh_interval=1, customize=True)
    @card
"""


def test_a_local_run_keeps_them_all_and_runs(work):
    work.write(FLOW.format(on_class=ON_CLASS, on_step=ON_STEP, body="witness('start')"))
    done = work.run("run")
    assert work.witnessed() == ["start", "end"]
    assert done.text.count("tasks run in this interpreter") == 1
    raw = json.loads(work.run("output-raw").out)
    text = json.dumps(raw)
    for name in ("kubernetes", "batch", "conda_base", "schedule", "trigger_on_finish", "airflow_s3_key_sensor", "card"):
        assert f'"{name}"' in text
    assert "data_ready" in text


def test_a_step_writes_to_its_cards(work):
    body = """
        current.card.append("a component")
        current.card["scores"].append("another", id="x")
        current.card["scores"].extend([1, 2])
        current.card["scores"].clear()
        current.card.refresh({"progress": 1})
        current.card["scores"] = [1]
        witness(f"{len(current.card)} {len(current.card['scores'])} {'card' in current}")
"""
    work.write(FLOW.format(on_class="", on_step='@card(id="scores")\n    @card', body=body.strip()))
    work.run("run")
    assert work.witnessed() == ["1 1 True", "end"]


@pytest.mark.parametrize("name", ["kubernetes", "batch:queue=q"])
def test_asking_for_a_backend_that_is_not_there_is_refused_before_anything_runs(work, name):
    work.write(FLOW.format(on_class="", on_step="", body="witness('start')"))
    done = work.run("run", "--with", name, code=2)
    assert f"`--with {name.partition(':')[0]}` asks for tasks on" in done.text
    assert "leave it out: tasks then run on this machine" in done.text
    assert work.witnessed() == []
    assert not work.root.exists()


def test_with_card_and_pypi_run(work):
    work.write(FLOW.format(on_class="", on_step="", body="current.card.append(1)"))
    done = work.run("run", "--with", "card", "--with", "pypi")
    assert done.text.count("tasks run in this interpreter") == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("@kubernetes(cpu='many')", "`cpu` of `@kubernetes` on step `start` is `'many'`, not a number, 0 or more"),
        ("@kubernetes(qos='best')", "not `guaranteed` or `burstable`"),
        ("@kubernetes(tolerations='x')", "not a list of dicts"),
        ("@batch(use_tmpfs=1)", "`use_tmpfs` of `@batch` on step `start` is `1`, not `True` or `False`"),
        ("@card(timeout=-1)", "`timeout` of `@card` on step `start` is `-1`"),
        ("@pypi(packages=['pandas'])", "`packages` of `@pypi` on step `start` is `['pandas']`, not a dict"),
        ("@conda\n    @conda", "step `start` has `@conda` twice"),
    ],
)
def test_options_on_steps_are_checked(work, line, told):
    work.write(FLOW.format(on_class="", on_step=line, body="pass"))
    assert told in work.run("run", code=1).text


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("@schedule(daily='x')", "`daily` of `@schedule` on the flow `Kept` is `'x'`, not `True` or `False`"),
        ("@schedule\n@schedule", "the flow `Kept` has `@schedule` twice"),
        ("@trigger", "`event` of `@trigger` on the flow `Kept` is `None`, not given, nor is `events`"),
        ("@trigger(event='a', events=['b'])", "`event` of `@trigger` on the flow `Kept` is `'a'`, not given alone"),
        ("@trigger(event=3)", "`event` of `@trigger` on the flow `Kept` is `3`, not a name, a dict"),
        ("@trigger_on_finish(flows=[3])", "`flows` of `@trigger_on_finish` on the flow `Kept` is `[3]`, not a list"),
        ("@conda_base(packages=3)", "`packages` of `@conda_base` on the flow `Kept` is `3`, not a dict"),
    ],
)
def test_options_on_flows_are_checked(work, line, told):
    work.write(FLOW.format(on_class=line, on_step="", body="pass"))
    assert told in work.run("run", code=1).text


@pytest.mark.parametrize(
    ("name", "option", "known"),
    [("kubernetes", "cpus", "`cpu`, `memory`"), ("card", "colour", "`type`, `id`"), ("pypi", "package", "`packages`")],
)
def test_an_unknown_option_names_the_known_ones(name, option, known):
    with pytest.raises(UsageError, match=f"`@{name}` has no option `{option}`") as caught:
        getattr(stepwell, name)(**{option: 1})
    assert known in caught.value.hint


def test_check_tells_faults_of_decorators_too(work):
    work.write(FLOW.format(on_class="@schedule(daily='x')", on_step="@card(timeout=-1)", body="pass"))
    done = work.run("check", code=1)
    assert "`daily` of `@schedule`" in done.text
    assert "`timeout` of `@card`" in done.text
