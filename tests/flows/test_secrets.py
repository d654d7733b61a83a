"""`@secrets`: there for the step, and nowhere to be read afterwards."""

from __future__ import annotations

import subprocess

import pytest

SECRET = "s3cr3t-V@lue"

FLOW = """
import subprocess, sys
from stepwell import get_secret, secrets

class Secretive(FlowSpec):
    @secrets(sources={sources}, allow_override={override})
    {more}
    @step
    def start(self):
        witness(os.environ["TOKEN"])
        {body}
        self.next(self.end)

    @step
    def end(self):
        witness(str(os.environ.get("TOKEN")))
"""


def write(work, body="pass", sources="['file.secrets.env']", override="False", more=""):
    (work.folder / "secrets.env").write_text(f"# a comment\nexport TOKEN='{SECRET}'\nOTHER=other-value # why\n\n")
    work.write(FLOW.format(body=body, sources=sources, override=override, more=more))


def everywhere(work) -> bytes:
    """Every byte that a run leaves behind, the flow's own inputs aside."""
    files = [path for path in work.root.rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in files)


def assert_nowhere(work, done, secret=SECRET):
    assert secret not in done.text
    assert secret.encode() not in everywhere(work)


@pytest.mark.parametrize("isolation", ["fork", "spawn", "none"])
def test_a_step_has_its_secrets_alone_and_prints_stars(work, isolation):
    write(work, 'print("token:", os.environ["TOKEN"], "other:", os.environ["OTHER"])')
    done = work.run("run", "--isolation", isolation)
    assert work.witnessed() == [SECRET, "None"]
    assert "token: *** other: ***" in done.out
    assert_nowhere(work, done)
    assert "token: ***" in work.run("logs", "latest/start").out


def test_native_output_and_programs_that_the_step_starts_are_filtered_too(work):
    body = """
        os.write(1, b"raw " + os.environ["TOKEN"].encode() + b"\\n")
        subprocess.run(["sh", "-c", "echo sub $TOKEN; echo err $TOKEN >&2"])
        sys.stdout.write(os.environ["TOKEN"][:4]); sys.stdout.flush(); print(os.environ["TOKEN"][4:])
        print(repr({"t": os.environ["TOKEN"]}))
"""
    write(work, body.strip())
    done = work.run("run")
    assert "raw ***" in done.out
    assert "sub ***" in done.out
    assert "err ***" in done.text
    assert_nowhere(work, done)


@pytest.mark.parametrize("isolation", ["fork", "spawn", "none"])
def test_exceptions_are_redacted_in_output_and_records(work, isolation):
    write(work, 'token = os.environ["TOKEN"]; raise ValueError("no " + token)')
    done = work.run("run", "--isolation", isolation, code=1)
    assert "ValueError: no ***" in done.text
    assert_nowhere(work, done)
    shown = work.stepwell("show", "Secretive/1/start/1")
    assert "no ***" in shown.text
    assert SECRET not in work.stepwell("why-failed", "Secretive/1", code=None).text


def test_caught_exceptions_are_redacted(work):
    write(work, 'raise ValueError("no " + os.environ["TOKEN"])', more='@catch(var="failure")')
    done = work.run("run")
    assert_nowhere(work, done)
    assert "no ***" in work.run("dump", "latest/start").text


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), 11)"])
@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_what_was_printed_before_a_crash_arrives_redacted(work, isolation, end):
    write(work, f'print("x" * 100_000); print("last words", os.environ["TOKEN"], flush=True); {end}')
    done = work.run("run", "--isolation", isolation, code=1)
    log = work.run("logs", "latest/start").out
    assert "last words ***" in log
    assert log.count("x") >= 100_000
    assert_nowhere(work, done)
    work.assert_no_process_is_left()


def test_an_artifact_keeps_its_value_and_its_preview_does_not(work):
    write(work, 'self.copy = "token " + os.environ["TOKEN"]')
    done = work.run("run")
    assert SECRET not in done.text
    assert '"token ***"' in work.stepwell("show", "Secretive/1/start/1").text.replace("'", '"')


def test_a_process_that_is_left_behind_does_not_hold_the_task_up(work):
    write(work, 'subprocess.Popen(["sleep", "600"], start_new_session=True)')
    work.run("run", timeout=30)
    work.assert_no_process_is_left()


def test_get_secret_hides_what_it_gives_from_then_on(work):
    body = """
        (open("more.json", "w")).write('{"PIN": "pin-number", "N": 12345}')
        got = get_secret("file.more.json")
        print("pin", got["PIN"], got["N"])
"""
    write(work, body.strip())
    done = work.run("run")
    assert "pin *** ***" in done.out


def test_several_lines_are_hidden_line_by_line(work):
    (work.folder / "key.json").write_text(
        '{"KEY": "-----BEGIN KEY-----\\nabcdefghij\\nklmnopqrst\\n-----END KEY-----"}'
    )
    write(work, 'print(os.environ["KEY"])', sources="['file.secrets.env', 'file.key.json']")
    done = work.run("run")
    assert_nowhere(work, done, "abcdefghij")
    assert_nowhere(work, done, "klmnopqrst")


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ("['file.nowhere.env']", "the file of secrets `nowhere.env` cannot be read: No such file or directory"),
        ("['environment.NOT_THERE']", "the variable `NOT_THERE` is not set"),
        (
            "['file.secrets.env', {'type': 'inline', 'options': {'env_vars': {'TOKEN': 'other'}}}]",
            "sets `TOKEN`, which",
        ),
        ("[{'type': 'inline', 'options': {'env_vars': {'HOME': '/nowhere'}}}]", "which the environment sets too"),
        ("[{'type': 'inline', 'options': {'env_vars': {'A-B': 'cdefg'}}}]", "the key `A-B`, which cannot be"),
        ("[{'type': 'inline', 'options': {'env_vars': {'METAFLOW_X': 'cdefg'}}}]", "sets `METAFLOW_X`"),
        ("['aws-secrets-manager.mine']", "the secret `aws-secrets-manager.mine`"),
    ],
)
def test_a_secret_that_cannot_be_had_fails_the_task_with_the_reason(work, sources, told):
    work.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="y", AWS_EC2_METADATA_DISABLED="true")
    write(work, sources=sources)
    done = work.run("run", code=1)
    assert told in done.text
    assert work.witnessed() == []


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ("[]", "`sources` is not a list of sources"),
        ("'file.a'", "`sources` is not a list of sources"),
        ("[3]", "a source of secrets of type `int` is not understood"),
        ("['nothing']", "the secret `nothing` does not say where it is"),
        ("['aws-secret-manager.a']", "there is no secret `aws-secret-manager`"),
        ("[{'type': 'inline', 'values': {}}]", "a source of secrets of type `dict` is not understood"),
        ("[{'type': 'file', 'id': 'a', 'options': {'yaml': 1}}]", "a secret of kind `file` has no option `yaml`"),
    ],
)
def test_a_source_that_is_not_understood_is_told_before_anything_runs(work, sources, told):
    write(work, sources=sources)
    done = work.run("run", code=1)
    assert told in done.text
    assert "--> flow.py:" in done.text
    assert not work.root.exists()


def test_a_later_secret_may_replace_when_it_is_said_so(work):
    write(
        work,
        sources="['file.secrets.env', {'type': 'inline', 'options': {'env_vars': {'TOKEN': 'another'}}}]",
        override="True",
    )
    work.run("run")
    assert work.witnessed() == ["another", "None"]


def test_the_kind_may_come_from_a_setting(work):
    work.environ["STEPWELL_DEFAULT_SECRETS_BACKEND_TYPE"] = "file"
    write(work, sources="['secrets.env', {'id': 'secrets.env'}]")
    work.run("run")
    assert work.witnessed()[0] == SECRET


def test_records_name_inline_secrets_and_not_their_values(work):
    write(work, sources="[{'type': 'inline', 'options': {'env_vars': {'TOKEN': 'inline-value'}}}]")
    work.run("run")
    header = next(work.root.rglob("run.json")).read_text()
    assert "TOKEN" in header
    assert "inline-value" not in header


def test_inline_secrets_on_the_command_line_are_refused(work):
    write(work)
    spec = 'secrets:sources=[{"type":"inline","options":{"env_vars":{"A":"inline-value"}}}]'
    done = work.run("run", "--with", spec, "check", code=None)
    work.write("""
class Plain(FlowSpec):
    @step
    def start(self):
        pass
""")
    done = work.run("run", "--with", spec, code=1)
    assert "inline secrets on a command line are seen by all" in done.text
    assert "inline-value" not in done.text
    assert not work.root.exists()


def test_secrets_on_every_step_from_the_command_line(work):
    write(work)
    work.write("""
class Plain(FlowSpec):
    @step
    def start(self):
        print("token", os.environ["TOKEN"])
""")
    done = work.run("run", "--with", 'secrets:sources=["file.secrets.env"]')
    assert "token ***" in done.out


def test_git_knows_nothing_of_it(work):
    write(work, "pass")
    subprocess.run(["git", "init", "-q"], cwd=work.folder, check=True)
    work.run("run")
    assert SECRET.encode() not in everywhere(work)
