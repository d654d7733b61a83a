"""A stored value that has changed on the disk: whoever reads it is told, and the rest can be read."""

from __future__ import annotations

import pytest

FLOW = """
class Values(FlowSpec):
    @step
    def start(self):
        self.text = "x" * 50_000
        self.other = list(range(10_000))
        self.next(self.end)

    @step
    def end(self):
        assert os.path.exists(os.environ["WITNESS_FOLDER"] + "/mended"), "not yet"
        self.length = len(self.text)
"""


def blob_of(work, content: bytes):
    """The file that holds these bytes."""
    found = [path for path in (work.root / "blobs").rglob("*") if path.is_file() and content in path.read_bytes()]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("damage", ["flipped", "cut", "deleted"])
def test_a_resume_that_reads_it_fails_by_name_and_others_stay_readable(work, run_of, damage):
    work.write(FLOW)
    work.run("run", code=1)
    path = blob_of(work, b"x" * 1000)
    content = bytearray(path.read_bytes())
    path.chmod(0o644)
    if damage == "deleted":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    work.touch("mended")
    done = work.run("resume", code=1)
    assert "artifact `text` cannot be loaded" in done.err
    assert path.name in done.err
    assert done.err.count("cannot be loaded") == 1
    assert done.err.count("hint:") == 1
    run = run_of("Values/2")
    assert run.status == "failed"
    assert run["end"].task.status == "failed"
    assert run["start"].task.data.other == list(range(10_000))
    if path.exists():
        assert f"delete `{path}`" in done.err
        path.unlink()
    work.run("resume", "start")
    assert run_of("Values/3").data.length == 50_000


def test_a_run_heals_what_it_writes_again(work, run_of):
    work.touch("mended")
    work.write(FLOW)
    work.run("run")
    path = blob_of(work, b"x" * 1000)
    path.unlink()
    work.run("run")
    assert run_of("Values/2")["start"].task.data.text == "x" * 50_000
    assert run_of("Values/1")["start"].task.data.text == "x" * 50_000
