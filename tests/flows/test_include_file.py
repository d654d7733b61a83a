"""`IncludeFile` in real runs: read once, stored once, the same for every task and for a resumed run."""

from __future__ import annotations

import pytest

FLOW = """
from stepwell import IncludeFile, yaml_parser

def rows(text):
    return [line.split(",") for line in text.splitlines()]

class Including(FlowSpec):
    text = IncludeFile("text", default="data/text.txt", help="some text")
    raw = IncludeFile("raw", is_text=False)
    table = IncludeFile("table", parser=rows, default=lambda context: "data/text.txt")
    settings = IncludeFile("settings", parser="stepwell.yaml_parser")

    @step
    def start(self):
        with open("data/text.txt", "w") as file:
            file.write("changed")
        try:
            setattr(self, "text", "x")
        except AttributeError as error:
            self.refused = str(error)
        self.next(self.end)

    @step
    def end(self):
        if os.path.exists("fail"):
            raise ValueError("asked for")
        self.seen = (self.text, self.raw, self.table, self.settings)
"""


@pytest.fixture
def including(work):
    work.write(FLOW)
    (work.folder / "data").mkdir()
    (work.folder / "data" / "text.txt").write_text("a,b\nc,d\n")
    return work


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_every_step_sees_what_the_file_held_at_the_start(including, run_of, isolation):
    (including.folder / "raw.bin").write_bytes(b"\xff\x00")
    (including.folder / "s.yaml").write_text("a: 1")
    including.run("run", "--raw", "raw.bin", "--settings", "s.yaml", "--isolation", isolation)
    data = run_of("Including/1").data
    assert data.seen == ("a,b\nc,d\n", b"\xff\x00", [["a", "b"], ["c", "d"]], {"a": 1})
    assert data.text == "a,b\nc,d\n"
    assert data.table == "a,b\nc,d\n"
    assert "read-only" in data.refused


def test_a_large_file_is_stored_once_whatever_the_number_of_tasks(work, run_of):
    work.write("""
    from stepwell import IncludeFile

    class Large(FlowSpec):
        big = IncludeFile("big")

        @step
        def start(self):
            self.parts = list(range(20))
            self.next(self.work, foreach="parts")

        @step
        def work(self):
            assert len(self.big) == 3_000_000
            self.next(self.join)

        @step
        def join(self, inputs):
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    (work.folder / "big.dat").write_text("x" * 3_000_000)
    work.run("run", "--big", "big.dat")
    size = sum(path.stat().st_size for path in work.root.rglob("*") if path.is_file())
    assert size < 4_500_000
    header = (work.root / "flows" / "Large" / "1" / "run.json").read_text()
    assert "3000000 characters" in header
    assert len(header) < 20_000


def test_resume_keeps_the_content(including, run_of):
    including.touch("fail")
    including.run("run", code=1)
    (including.folder / "fail").unlink()
    (including.folder / "data" / "text.txt").unlink()
    including.run("resume")
    assert run_of("Including/2").data.seen[:2] == ("a,b\nc,d\n", None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--text", "nowhere.txt"), ("`nowhere.txt`", "`text`", "no such file")),
        (("--text", "data"), ("`data`", "is a directory")),
        (("--text", "latin.txt"), ("`latin.txt`", "utf-8", "encoding=")),
        (("--settings", "bad.yaml"), ("`bad.yaml`", "is no YAML", "at line 1")),
    ],
)
def test_a_file_that_cannot_be_used_is_named_before_anything_is_written(including, arguments, words):
    (including.folder / "latin.txt").write_bytes("gr\u00fcn".encode("latin-1"))
    (including.folder / "bad.yaml").write_text("a: [")
    done = including.run("run", *arguments, code=2)
    for word in words:
        assert word in done.err
    assert not including.root.exists()


def test_help_shows_a_file(including):
    assert "--text FILE" in including.run("run", "--help").out
