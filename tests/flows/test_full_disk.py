"""A disk that is full at the start, or fills up during a run: told with the place, and nothing finished is lost."""

from __future__ import annotations

from tests.unit.store.test_disk_faults import fill

FLOW = """
class Fills(FlowSpec):
    @step
    def start(self):
        self.small = [1, 2, 3]
        self.next(self.big)

    @step
    def big(self):
        self.kept = "kept"
        self.large = os.urandom({size})
        self.next(self.end)

    @step
    def end(self):
        self.total = sum(self.small)
"""


def test_a_step_whose_artifact_does_not_fit_fails_by_name_and_resumes_when_there_is_space(work, run_of, make_disk):
    work.root = make_disk("4m")
    work.write(FLOW.format(size=8_000_000))
    done = work.run("run", "--datastore", str(work.root), code=1)
    assert "no space is left" in done.text
    assert "large" in done.text
    assert str(work.root) in done.text
    run = run_of("Fills/1")
    assert run.status == "failed"
    assert run["start"].task.data.small == [1, 2, 3]
    assert run["big"].task.status == "failed"
    assert run["big"].task.data.kept == "kept"
    work.write(FLOW.format(size=1000))
    work.run("resume", "--datastore", str(work.root))
    assert run_of("Fills/2").data.total == 6


def test_a_disk_that_is_full_at_the_start_is_told_before_anything_runs(work, run_of, make_disk):
    work.root = make_disk("4m")
    work.write(FLOW.format(size=1000))
    filler = fill(work.root)
    done = work.run("run", "--datastore", str(work.root), code=3)
    assert "no space is left" in done.err
    assert str(work.root) in done.err
    assert "--datastore" in done.err
    filler.unlink()
    work.run("run", "--datastore", str(work.root))
    assert run_of("Fills/1").data.total == 6


def test_a_step_that_fills_the_disk_of_the_datastore_is_ended_with_the_reason(work, run_of, make_disk):
    work.root = make_disk("4m")
    work.environ["DISK"] = str(work.root)
    work.write("""
    class Floods(FlowSpec):
        @step
        def start(self):
            self.small = [1, 2, 3]
            self.next(self.flood)

        @step
        def flood(self):
            if not os.path.exists(os.environ["WITNESS_FOLDER"] + "/mended"):
                with open(os.environ["DISK"] + "/flood", "wb", buffering=0) as file:
                    while True:
                        file.write(bytes(4096))
            self.next(self.end)

        @step
        def end(self):
            self.total = sum(self.small)
    """)
    done = work.run("run", "--datastore", str(work.root), code=None)
    assert done.code in (1, 3)
    assert "No space left on device" in done.text
    (work.root / "flood").unlink()
    work.touch("mended")
    run = run_of("Floods/1")
    assert run.finished
    assert run.status == "failed"
    assert run["start"].task.data.small == [1, 2, 3]
    work.run("resume", "--datastore", str(work.root))
    assert run_of("Floods/2").data.total == 6
    assert run_of("Floods/2")["start"].task.origin_pathspec == "Floods/1/start/1"


def test_printing_to_a_full_disk_does_not_hide_why(work, run_of, make_disk):
    work.root = make_disk("2m")
    work.write("""
    class Prints(FlowSpec):
        @step
        def start(self):
            for _ in range(100):
                os.write(1, b"x" * 99_999 + b"\\n")
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    done = work.run("run", "--datastore", str(work.root), code=None)
    assert done.code in (1, 3)
    assert "o space" in done.text
