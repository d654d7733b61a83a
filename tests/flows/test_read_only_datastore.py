"""A datastore that cannot be written: told before anything runs; what is in it can be read."""

from __future__ import annotations

import subprocess

from tests.flows.test_broken_flow_files import GOOD


def test_a_run_is_refused_and_reading_goes_on(work, run_of, make_disk):
    work.root = make_disk("8m")
    work.write(GOOD)
    datastore = ("--datastore", str(work.root))
    work.run("run", *datastore)
    subprocess.run(["mount", "-o", "remount,ro", str(work.root)], check=True)
    done = work.run("run", *datastore, code=3)
    assert str(work.root) in done.err
    assert "cannot be written" in done.err
    assert "--datastore" in done.err
    assert "bug" not in done.err
    assert run_of("Good/1").data.x == 1
    assert "Good" in work.stepwell("ls", *datastore).out
    assert "succeeded" in work.stepwell("show", "Good/1", *datastore).out
    work.stepwell("dump", "Good/1/end", *datastore)
    subprocess.run(["mount", "-o", "remount,rw", str(work.root)], check=True)
    work.run("run", *datastore)
    assert run_of("Good/2").successful


def test_a_datastore_that_is_a_file_is_told(work):
    work.write(GOOD)
    work.touch("store")
    done = work.run("run", "--datastore", str(work.folder / "store"), code=3)
    assert str(work.folder / "store") in done.err


def test_a_datastore_that_vanishes_during_a_run_ends_it_with_the_reason(work):
    work.write("""
    import shutil

    class Vanishes(FlowSpec):
        @step
        def start(self):
            self.x = 1
            self.next(self.middle)

        @step
        def middle(self):
            shutil.rmtree(os.path.join(os.environ["WITNESS_FOLDER"], ".stepwell"))
            self.y = self.x + 1
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    done = work.run("run", code=None)
    assert done.code in (1, 3)
    assert ".stepwell" in done.text
    work.write(GOOD)
    work.run("run")
