"""Steps that spoil their own process: what they did before is stored, or the reason is told."""

from __future__ import annotations

import os

import pytest

FLOW = """
import signal, sys, threading

class BadText(Exception):
    def __str__(self):
        raise RuntimeError("no text for you")

class Hostile(FlowSpec):
    @step
    def start(self):
        self.x = 1
        {deed}
        self.next(self.end)

    @step
    def end(self):
        self.y = self.x + 1
"""

HARMLESS = {
    "closes-descriptors": "os.closerange(3, 200)",
    "closes-all-descriptors": "os.closerange(0, 200)",
    "clears-environment": "os.environ.clear()",
    "breaks-stdout": "sys.stdout = sys.stderr = None",
    "closes-stdout": "sys.stdout.close()",
    "ignores-signals": "[signal.signal(n, signal.SIG_IGN) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)]",
    "forgets-path": "sys.path.clear()",
    "forgets-main": "sys.modules.pop('__main__')",
    "umask": "os.umask(0o777)",
    "new-session-and-group": "os.setpgid(0, 0) if os.getsid(0) != os.getpid() else None",
    "exit-handler-raises": "__import__('atexit').register(lambda: 1 / 0)",
    "exit-handler-exits": "__import__('atexit').register(os._exit, 3)",
    "daemon-thread": "threading.Thread(target=threading.Event().wait, daemon=True).start()",
}


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
@pytest.mark.parametrize("deed", HARMLESS)
def test_the_result_is_stored_all_the_same(work, run_of, deed, isolation):
    work.write(FLOW.format(deed=HARMLESS[deed]))
    work.run("run", "--isolation", isolation)
    assert run_of("Hostile/1").data.y == 2


FATAL = {
    "endless-recursion": ("(f := lambda: f())()", "RecursionError"),
    "text-that-raises": ("raise BadText", "BadText"),
    "long-message": ("raise ValueError('x' * 10_000_000)", "ValueError: xxx"),
    "control-characters": ("raise ValueError('\\x1b[2J\\x07 bell')", "bell"),
    "surrogates": ("raise ValueError('\\udce9')", "ValueError"),
    "becomes-another-program": ("os.execv('/bin/true', ['true'])", "exit code 0"),
    "file-size-limit": (
        "__import__('resource').setrlimit(__import__('resource').RLIMIT_FSIZE, (1, 1)); self.z = os.urandom(100_000)",
        "could not write its output or its result to the datastore",
    ),
    "open-file-limit": (
        "__import__('resource').setrlimit(__import__('resource').RLIMIT_NOFILE, (4, 4)); self.z = os.urandom(100_000)",
        "start/1",
    ),
}


@pytest.mark.parametrize("deed", FATAL)
def test_the_reason_is_told(work, run_of, deed):
    code, words = FATAL[deed]
    work.write(FLOW.format(deed=code))
    done = work.run("run", code=1)
    assert words in done.err
    assert "\x1b" not in done.text
    assert len(done.text) < 200_000
    run = run_of("Hostile/1")
    assert run.status == "failed"
    assert run["start"].task.exception is not None


def test_names_that_are_no_text_pass_through_parameters_items_and_errors(work, run_of):
    work.write("""
    class Names(FlowSpec):
        path = Parameter("path", default="x")

        @step
        def start(self):
            self.names = [self.path]
            self.next(self.work, foreach="names")

        @step
        def work(self):
            self.got = self.input
            self.next(self.join)

        @step
        def join(self, inputs):
            self.bytes = [os.fsencode(i.got) for i in inputs]
            self.next(self.end)

        @step
        def end(self):
            open(self.path)
    """)
    name = os.fsdecode(b"caf\xe9")
    done = work.run("run", "--path", name, "--tag", name, code=1)
    assert "FileNotFoundError" in done.err
    run = run_of("Names/1")
    assert run["join"].task.data.bytes == [b"caf\xe9"]
    assert "\\udce9" in run["end"].task.exception.message
