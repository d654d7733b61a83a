"""What steps print: all of it is kept, byte by byte; the screen stays readable."""

from __future__ import annotations

import sys

from tests.flows.workspace import wait_until

ONE_STEP = """
import sys, atexit

class Prints(FlowSpec):
    @step
    def start(self):
        {deed}
"""


def test_a_hundred_megabytes_are_kept_and_a_readable_part_is_shown(work, run_of):
    work.write("""
    class Chatty(FlowSpec):
        @step
        def start(self):
            line = "x" * 99 + "\\n"
            for _ in range(1000):
                os.write(1, (line * 1000).encode())
            print("the end")
    """)
    measure = (
        "import resource, subprocess, sys;"
        "code = subprocess.call([sys.executable, 'flow.py', 'run']);"
        "print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr);"
        "sys.exit(code)"
    )
    done = work.call([sys.executable, "-c", measure])
    assert len(done.out) < 5_000_000
    assert "stepwell logs Chatty/1/start/1" in done.text
    peak = int(done.err.rpartition("peak ")[2])
    assert peak < 150
    task = run_of("Chatty/1")["start"].task
    assert task.stdout_size == 100_000_008
    assert task.stdout.endswith("x\nthe end\n")
    assert (work.root / "flows/Chatty/1/start/1.0.out").stat().st_size == 100_000_008


def test_bytes_that_are_no_text_are_kept_and_shown_as_replacements(work, run_of):
    work.write(ONE_STEP.format(deed="os.write(1, b'caf\\xe9 \\xff\\x00\\n'); os.write(2, b'\\x80\\n')"))
    done = work.run("run")
    assert "caf\ufffd" in done.out
    task = run_of("Prints/1")["start"].task
    assert task.stdout == "caf\ufffd \ufffd\x00\n"
    assert next(task.loglines("stdout", as_unicode=False))[1] == b"caf\xe9 \xff\x00"
    shown = work.stepwell("logs", "Prints/1/start/1")
    assert "caf" in shown.out


def test_a_last_line_without_its_end_is_shown(work, run_of):
    work.write(ONE_STEP.format(deed="print('no newline', end='')"))
    done = work.run("run")
    assert "no newline\n" in done.out
    assert run_of("Prints/1")["start"].task.stdout == "no newline"


def test_standard_input_is_empty(work, run_of):
    work.write(ONE_STEP.format(deed="self.got = sys.stdin.read()"))
    work.run("run")
    assert run_of("Prints/1").data.got == ""


def test_input_fails_at_once_instead_of_waiting_for_somebody_to_type(work):
    work.write(ONE_STEP.format(deed="input('name? ')"))
    done = work.run("run", code=1)
    assert "EOFError" in done.err


def test_text_in_any_script_and_colours_come_through(work, run_of):
    work.write(ONE_STEP.format(deed="print('gr\u00fc\u00df \u4f60\u597d \U0001f600', '\\x1b[31mred\\x1b[0m')"))
    done = work.run("run")
    assert "gr\u00fc\u00df \u4f60\u597d \U0001f600 \x1b[31mred\x1b[0m" in done.out
    assert "\u4f60\u597d" in run_of("Prints/1")["start"].task.stdout


def test_the_screen_is_safe_from_control_sequences(work, run_of):
    work.write(ONE_STEP.format(deed="print('\\x1b[2J\\x1b]0;title\\x07 after')"))
    done = work.run("run")
    assert "\x1b" not in done.text
    assert "\x07" not in done.text
    assert run_of("Prints/1")["start"].task.stdout == "\x1b[2J\x1b]0;title\x07 after\n"


def test_a_locale_without_unicode_does_not_stop_a_run(work, run_of):
    work.environ.update(LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    work.write(ONE_STEP.format(deed="print('\u4f60\u597d')"))
    work.run("run")
    assert run_of("Prints/1")["start"].task.stdout == "\u4f60\u597d\n"


def test_handlers_of_the_end_of_the_process_run(work, run_of):
    work.write(ONE_STEP.format(deed="atexit.register(print, 'goodbye')"))
    work.run("run")
    assert run_of("Prints/1")["start"].task.stdout == "goodbye\n"


def test_handlers_that_the_flow_file_registered_run_once_and_not_in_tasks(work, run_of):
    work.write("""
    import atexit
    atexit.register(lambda: witness(f"end of {os.getpid()}"))

    class Registers(FlowSpec):
        @step
        def start(self):
            self.pid = os.getpid()
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    assert len(work.witnessed()) == 1
    assert work.witnessed() != [f"end of {run_of('Registers/1').data.pid}"]


def test_standard_error_and_output_are_kept_apart(work, run_of):
    work.write(ONE_STEP.format(deed="print('out'); print('err', file=sys.stderr)"))
    work.run("run")
    task = run_of("Prints/1")["start"].task
    assert (task.stdout, task.stderr) == ("out\n", "err\n")


def test_output_can_be_read_while_the_task_runs(work, run_of):
    work.write(ONE_STEP.format(deed="print('working'); witness('printed'); await_file('go')"))
    process = work.start("run")
    work.wait_for_witness("printed")
    assert (work.root / "flows/Prints/1/start/1.0.out").read_text() == "working\n"
    wait_until(lambda: [task.stdout for step in run_of("Prints/1") for task in step] == ["working\n"], "the client")
    work.touch("go")
    work.finish(process)


def test_a_reader_of_the_console_that_goes_away_does_not_stop_the_run(work, run_of):
    work.write(ONE_STEP.format(deed="[print(i) for i in range(100000)]; self.done = 1"))
    shell = f"{sys.executable} flow.py run | head -1"
    work.call(["sh", "-c", shell])
    assert run_of("Prints/1").data.done == 1
    assert run_of("Prints/1")["start"].task.stdout.endswith("99999\n")
