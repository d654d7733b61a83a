"""What is typed: options before and after the command, defaults, mistakes, help."""

from __future__ import annotations

import re

import pytest

from stepwell.cli import flow_cli, main
from stepwell.cli.lazy_group import LazyGroup
from stepwell.flow.loading import load_flow

FLOW = '''
from stepwell import FlowSpec, JSONType, Parameter, step


class TrainFlow(FlowSpec):
    """Trains a model."""

    alpha = Parameter("alpha", default=0.1, help="the step size")
    epochs = Parameter("epochs", type=int, required=True, help="how often")
    learning_rate = Parameter("learning_rate", type=float)
    grid = Parameter("grid", type=JSONType, default=[1, 2], help="what to try")
    day = Parameter("day", default=lambda context: "today")
    secret = Parameter("secret", default="x", show_default=False)

    @step
    def start(self):
        """Begins."""
        self.xs = [1]
        self.next(self.fit, foreach="xs")

    @step
    def fit(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        """Ends."""
'''


@pytest.fixture
def flow(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(FLOW)
    monkeypatch.setenv("COLUMNS", "80")
    return load_flow(str(tmp_path / "train.py"))


@pytest.fixture
def python(flow, capsys):
    """`python("show")`: what `python train.py show` answers."""

    def call(*arguments):
        capsys.readouterr()
        code = flow_cli.run(flow, list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def ordered(*arguments, entries=main.COMMANDS, default=None):
    return LazyGroup(name="x", entries=entries, default=default)._ordered(arguments)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["run", "--alpha", "1"], ["run", "--alpha", "1"]),
        (["--quiet", "run", "--alpha", "1"], ["--quiet", "run", "--alpha", "1"]),
        (["--datastore", "run", "run"], ["--datastore", "run", "run"]),
        (["--max-workers", "4", "run", "--tag", "x"], ["run", "--max-workers", "4", "--tag", "x"]),
        (["--max-workers=4", "--tag", "x", "run"], ["run", "--max-workers=4", "--tag", "x"]),
        (["--json", "run"], ["run", "--json"]),
        (["--alpha", "1", "--with", "retry", "run"], ["--with", "retry", "run", "--alpha", "1"]),
        ([], ["check"]),
        (["--no-pylint"], ["--no-pylint", "check"]),
        (["--no-warnings"], ["check", "--no-warnings"]),
        (["--help"], ["--help"]),
        (["--version"], ["--version", "check"]),
    ],
)
def test_options_may_stand_before_or_after_the_command(typed, read):
    assert ordered(*typed, entries=flow_cli.COMMANDS, default="check") == read


def test_every_command_of_the_tables_loads(flow):
    from stepwell.cli.session import Session

    for entries, program in ((flow_cli.COMMANDS, "python train.py"), (main.COMMANDS, "stepwell")):
        session = Session(program, flow_class=flow if program != "stepwell" else None)
        group = LazyGroup(name=program, entries=entries)
        context = group.make_context(program, ["version"], obj=session)
        for name in entries:
            command = group.get_command(context, name)
            assert command is not None
            assert command.name == name


def test_the_help_of_run_shows_every_parameter(python):
    code, out, _ = python("run", "--help")
    section = re.search(r"Parameters of TrainFlow:\n(.*?)\n\n", out, re.DOTALL)
    assert code == 0
    assert section is not None
    assert section.group(1).split("\n") == [
        "  --alpha FLOAT          the step size  [default: 0.1]",
        "  --epochs INT           how often  [required]",
        "  --learning_rate FLOAT",
        "  --grid JSON            what to try  [default: [1, 2]]",
        "  --day TEXT             [default: computed]",
        "  --secret TEXT",
    ]


def test_the_help_of_the_flow_describes_it_and_its_commands(python):
    code, out, _ = python("--help")
    assert code == 0
    assert out.startswith("Usage: python train.py [OPTIONS] COMMAND [ARGS]...\n")
    assert "  Trains a model.\n" in out
    assert re.search(r"^  run +Run the flow\.$", out, re.MULTILINE)
    assert "Exit codes: 0 success" in out
    assert python("help")[1] == out


def test_the_help_of_stepwell_groups_its_commands(call):
    code, out, _ = call("--help")
    assert code == 0
    titles = re.findall(r"^(\w[\w ]+):$", out, re.MULTILINE)
    assert titles == ["Run flows", "Look at results", "Set up", "Options of every command"]
    assert all(re.search(rf"^  {name} ", out, re.MULTILINE) for name in main.COMMANDS)


def test_no_line_of_help_is_wider_than_the_terminal(python, call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    texts = [python(name, "--help")[1] for name in flow_cli.COMMANDS]
    texts += [call(name, "--help")[1] for name in main.COMMANDS]
    assert max(len(line) for text in texts for line in text.split("\n")) <= 80


@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        (["rnu"], "there is no command `rnu`", "did you mean `run`?"),
        (["xyzzy"], "there is no command `xyzzy`", "`python train.py --help` lists the commands"),
        (["run", "--epoch", "3"], "there is no option `--epoch`", "did you mean `--epochs`?"),
        (["check", "--alpha"], "there is no option `--alpha`", "`python train.py check --help`"),
        (["run", "--max-workers", "0"], "`0` is not a whole number of at least 1", "`python train.py run --help`"),
        (
            ["run", "--isolation", "thread"],
            "`--isolation`: `thread` is not one of `fork`, `spawn`, `none`",
            "run --help",
        ),
        (["resume", "--epochs", "3"], "`resume` keeps the parameters of the earlier run", "start a new run"),
        (["resume", "--origin-run-id", "Other/3"], "`Other/3` is not a run of `TrainFlow`", "give the run's id"),
        (["dump"], "`PATHSPEC` is missing", "`python train.py dump --help`"),
        (["dump", "a/b/c/d/e/f/g"], "is not a pathspec of the form", "give 3 to 5 names"),
        (["--environment", "conda", "check"], "`--environment conda` is not there", "`--environment local` is"),
        (["--metadata", "service", "check"], "`--metadata service` is not there", "`--metadata local` is"),
        (["check", "extra"], "there is more than the command takes: `extra`", "check --help"),
        (["dump", "7"], "`TrainFlow/7` is the pathspec of a run, and that of a step is needed", "`TrainFlow/7/end`"),
    ],
)
def test_mistakes_end_with_code_2_and_a_hint(python, typed, message, hint):
    code, out, err = python(*typed)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert message in err
    assert hint in err.partition("hint: ")[2]


def test_nothing_of_metaflows_everyday_options_is_refused(python):
    options = ["--quiet", "--no-pylint", "--metadata", "local", "--datastore", "local", "--environment", "local"]
    options += ["--event-logger", "nullSidecarLogger", "--monitor", "nullSidecarMonitor", "--package-suffixes", ".py"]
    assert python(*options, "check")[0] == 0
    assert python("check", *options)[0] == 0


def test_no_command_means_check(python):
    code, out, err = python()
    assert (code, out) == (0, "")
    assert err == "TrainFlow: 4 steps, no faults found\n"


def test_show_describes_the_flow(python):
    assert python("show")[1] == (
        "TrainFlow\n  Trains a model.\n\n"
        "step start\n  Begins.\n  => fit for each of `xs`\n\n"
        "step fit\n  => join\n\nstep join\n  => end\n\nstep end\n  Ends.\n"
    )


def test_output_dot_has_every_step_and_edge(python):
    out = python("output-dot")[1]
    assert out.startswith("digraph TrainFlow {\n")
    assert '"start"[ label = <<b>start</b> | <font point-size="10">split-foreach</font>> ];\n' in out
    assert '"start" -> "fit" [label="each of xs"];\n"fit" -> "join";\n"join" -> "end";\n}' in out


def test_output_raw_is_the_graph_as_json(python):
    import json

    graph = json.loads(python("output-raw", "--json")[1])
    assert list(graph["graph"]) == ["start", "fit", "join", "end"]
    assert graph["graph"]["start"]["type"] == "split-foreach"
    assert graph["graph"]["start"]["doc"] == "Begins."


def test_faults_are_told_with_their_place_and_end_with_code_1(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.py").write_text(FLOW.replace("self.next(self.end)", "self.next(self.nowhere)"))
    assert main.run(["check", "bad.py"]) == 1
    err = capsys.readouterr().err
    assert re.search(r"error\[SW\d+\]: .*nowhere", err)
    assert re.search(r"--> .*bad\.py:\d+", err)
    assert main.run(["check", "bad.py", "--json"]) == 1
    assert '"ok": false' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "code", "message"),
    [
        (["check", "train.py"], 0, "TrainFlow: 4 steps"),
        (["check", "train.py:TrainFlow"], 0, "TrainFlow: 4 steps"),
        (["check", "--no-warnings", "train.py"], 0, "TrainFlow: 4 steps"),
        (["check", "train.py:Other"], 1, "Other"),
        (["check", "nowhere.py"], 1, "nowhere.py"),
        (["check", "--quiet"], 2, "`stepwell check` needs a file"),
    ],
)
def test_stepwell_takes_a_file_and_a_flow(flow, capsys, typed, code, message):
    assert main.run(typed) == code
    assert message in capsys.readouterr().err


def test_the_help_of_a_file_shows_its_parameters(flow, capsys):
    assert main.run(["run", "train.py", "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Usage: stepwell run train.py [OPTIONS]\n")
    assert "--alpha FLOAT" in out


@pytest.mark.parametrize("typed", [[], ["tag"], ["records"], ["run"]])
def test_a_command_that_is_missing_shows_what_there_is(call, typed):
    code, out, err = call(*typed)
    assert (code, err) == (2, "")
    assert out.startswith("Usage: stepwell ")


def test_help_lists_options_and_leaves_arguments_to_the_line_of_usage(call):
    out = call("logs", "--help")[1]
    assert out.startswith("Usage: stepwell logs [OPTIONS] PATHSPEC\n")
    assert "Options:\n  --both" in out


def test_a_missing_argument_is_called_as_in_the_line_of_usage(call):
    assert "error: `bash|zsh|fish` is missing" in call("completion")[2]
    assert "error: `bash|zsh|fish`: `tcsh` is not one of" in call("completion", "tcsh")[2]
