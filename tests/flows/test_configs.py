"""Configs in real runs: every task sees what was read at the start, whatever becomes of the files."""

from __future__ import annotations

import json

import pytest

FLOW = """
from stepwell import Config, config_expr, yaml_parser

class Configured(FlowSpec):
    config = Config("config", default="config.json", help="how to train")
    extra = Config("extra", parser=yaml_parser, default_value="k: [1, {z: 2}]")
    plain = Config("plain", parser=str.split, plain=True, default_value="x y")
    toml = Config("toml", parser="tomllib.loads", default_value="day = 2020-01-02")
    alpha = Parameter("alpha", default=config.train.alpha)

    @retry(**config.retry)
    @resources(cpu=config.cpu)
    @step
    def start(self):
        witness(f"start {current.retry_count}")
        with open("config.json", "w") as file:
            file.write('{"cpu": 99}')
        self.section = self.config.train
        assert current.retry_count, "once"
        self.next(self.work, foreach="section")

    @step
    def work(self):
        self.seen = self.config.train.alpha
        self.next(self.join)

    @step
    def join(self, inputs):
        assert [i.seen for i in inputs] == [self.config.train.alpha] * len(inputs)
        self.merge_artifacts(inputs, include=["seen"])
        if os.path.exists("fail"):
            raise ValueError("asked for")
        self.next(self.end)

    @step
    def end(self):
        self.all = (self.config.to_dict(), self.extra.k[1].z, self.plain, str(self.toml.day), self.alpha)
"""
CONFIG = {"cpu": 0.5, "train": {"alpha": 3, "steps": 4}, "retry": {"times": 1, "minutes_between_retries": 0}}
OTHER = {**CONFIG, "train": {"alpha": 8}}


@pytest.fixture
def configured(work):
    work.write(FLOW)
    (work.folder / "config.json").write_text(json.dumps(CONFIG))
    return work


@pytest.mark.parametrize("isolation", ["fork", "spawn", "none"])
def test_every_task_sees_what_was_read_at_the_start(configured, run_of, isolation):
    configured.run("run", "--isolation", isolation)
    run = run_of("Configured/1")
    assert run.data.all == (CONFIG, 2, ["x", "y"], "2020-01-02", 3)
    assert configured.witnessed() == ["start 0", "start 1"]
    assert type(run.data.config) is dict
    assert run.data.config == CONFIG
    assert run["_parameters"].task.data.plain == ["x", "y"]


def test_a_fresh_zygote_takes_the_values_from_the_record(configured, run_of):
    """A file of the flow that is newer than the process makes the run start a fresh interpreter for its tasks."""
    path = configured.folder / "flow.py"
    text = path.read_text().replace("import os\n", "import os, time\nos.utime(__file__, (time.time() + 60,) * 2)\n", 1)
    path.write_text(text)
    configured.run("run")
    assert run_of("Configured/1").data.all[0] == CONFIG


def test_values_come_from_the_command_line_before_the_environment_before_the_default(configured, run_of):
    (configured.folder / "other.yaml").write_text("k: [0, {z: 7}]")
    other = {**CONFIG, "train": {"alpha": 4}}
    configured.environ["STEPWELL_FLOW_CONFIG_VALUE"] = json.dumps(
        {"config": {**CONFIG, "train": {"alpha": 5}}, "plain": "q"}
    )
    configured.environ["STEPWELL_FLOW_CONFIG"] = json.dumps({"extra": "other.yaml"})
    configured.run("run")
    assert run_of("Configured/1").data.all[1:] == (7, ["q"], "2020-01-02", 5)
    configured.run("--config-value", "config", json.dumps(other), "run", "--config-value", "plain", "p")
    assert run_of("Configured/2").data.all == (other, 7, ["p"], "2020-01-02", 4)


def test_resume_keeps_the_values_and_refuses_others(configured, run_of):
    configured.touch("fail")
    configured.run("run", code=1)
    (configured.folder / "fail").unlink()
    (configured.folder / "config.json").write_text('{"another": 1}')
    done = configured.run("resume", "--config", "config", "config.json", code=2)
    assert "`resume` keeps the configs of the earlier run" in done.err
    configured.run("resume")
    assert run_of("Configured/2").data.all == (CONFIG, 2, ["x", "y"], "2020-01-02", 3)
    configured.run("resume", "start", "--isolation", "spawn")
    assert run_of("Configured/3").data.all[0] == CONFIG


def test_a_default_file_may_stand_beside_the_flow(configured):
    (configured.folder / "below").mkdir()
    done = configured.call(
        ["sh", "-c", f"cd below && exec {configured.command()[0]} ../flow.py show"],
    )
    assert "Configured" in done.out


def test_help_lists_configs_and_needs_none(configured):
    (configured.folder / "config.json").unlink()
    out = configured.run("run", "--help").out
    assert "Configs of Configured" in out
    assert "how to train" in out
    assert "config.train.alpha" in out
    assert "error: the file `" in configured.run("run", code=2).err
    assert not configured.root.exists()


def test_the_values_are_shown_with_the_run(configured):
    configured.run("run")
    assert '"alpha": 3' in configured.stepwell("show", "Configured/1", "--json").out


def test_a_json_fault_has_file_line_and_column(configured):
    (configured.folder / "config.json").write_text('{"cpu": 1,\n "x" 2}')
    done = configured.run("run", code=2)
    assert "config.json:2:6" in done.err
    assert '"x" 2}' in done.err


def test_commands_that_only_read_need_no_config(configured):
    configured.run("run")
    (configured.folder / "config.json").unlink()
    configured.run("logs", "1/start")
    configured.run("dump", "1/end")


@pytest.mark.parametrize("arguments", [("--config", "config"), ("--config-value",), ("--config", "--tag", "x")])
def test_an_option_without_its_value_is_told_what_it_takes(configured, arguments):
    assert "takes the name of a config" in configured.run("run", *arguments, code=2).err


def test_a_parameter_may_be_called_config_when_there_is_no_config(work, run_of):
    work.write("""
    class Old(FlowSpec):
        config = Parameter("config", default="x")

        @step
        def start(self):
            self.seen = self.config
    """)
    work.run("run", "--config", "y")
    assert run_of("Old/1").data.seen == "y"


def test_stepwell_run_takes_configs_too(configured, run_of):
    configured.stepwell("run", "flow.py", "--config-value", "plain", "z")
    assert run_of("Configured/1").data.plain == ["z"]


def test_runs_from_python_take_configs_and_begin_with_the_defaults_each_time(configured, run_of):
    (configured.folder / "drive.py").write_text(
        "import json\n"
        "from flow import Configured\n"
        "if __name__ == '__main__':\n"
        f"    Configured.run(config_value={{'config': {OTHER!r}, 'plain': 'q'}}, show_output=False)\n"
        f"    open('config.json', 'w').write(json.dumps({CONFIG!r}))\n"
        "    Configured.run(show_output=False)\n"
    )
    configured.run(file="drive.py")
    assert run_of("Configured/1").data.all[2:] == (["q"], "2020-01-02", 8)
    assert run_of("Configured/2").data.all == (CONFIG, 2, ["x", "y"], "2020-01-02", 3)


def test_spin_has_the_configs_of_the_run(work):
    work.write("""
    from stepwell import Config, StepMutator

    class More(StepMutator):
        def mutate(self, step):
            step.add_decorator("environment", deco_kwargs={"vars": {"MORE": step.flow.config.word}})

    class Spun(FlowSpec):
        config = Config("config", default_value={"word": "default"})

        @More
        @step
        def start(self):
            witness(f"{self.config.word} {os.environ['MORE']}")
    """)
    work.run("run", "--config-value", "config", '{"word": "given"}')
    work.run("spin", "start")
    assert work.witnessed() == ["given given"] * 2
    assert "`spin` keeps the configs" in work.run("spin", "start", "--config-value", "config", "{}", code=2).err


def test_a_step_is_tested_with_configs(work):
    work.write("""
    from stepwell import Config

    class Tested(FlowSpec):
        config = Config("config", default_value={"word": "default"})

        @step
        def start(self):
            self.seen = self.config.word
    """)
    (work.folder / "try.py").write_text(
        "from stepwell.testing import run_step\n"
        "from flow import Tested\n"
        "assert run_step(Tested, 'start').artifacts['seen'] == 'default'\n"
        "assert run_step(Tested, 'start', configs={'config': {'word': 'x'}}).artifacts['seen'] == 'x'\n"
        "assert run_step(Tested, 'start').artifacts['seen'] == 'default'\n"
    )
    work.run(file="try.py")
