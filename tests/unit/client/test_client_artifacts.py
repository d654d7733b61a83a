"""Artifacts: known without loading, loaded when asked for, with the classes of the run's own code."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from stepwell.client import DataArtifact, Run, Task
from stepwell.store.snapshot import take_snapshot

FLOW = """
import shapes

class Point:
    def __init__(self, x):
        self.x = x
"""

SHAPES = """
class Circle:
    radius = 3
"""

WRITE = """
import sys
sys.path.insert(0, sys.argv[1])
exec(open(sys.argv[1] + "/points.py").read())
from stepwell.artifacts.writer import ArtifactWriter
from stepwell.documents.codec import encode
from stepwell.store.datastore import open_datastore
import msgspec

writer = ArtifactWriter(open_datastore(sys.argv[2], create=False).blobs)
refs = [writer.store("point", Point(5)), writer.store("circle", shapes.Circle())]
sys.stdout.buffer.write(msgspec.json.encode(refs))
"""


def test_an_artifact_is_known_without_loading_it(builder, session):
    builder.whole_run()
    artifact = DataArtifact("F/1/start/1/xs")
    assert (artifact.type, artifact.shape, artifact.preview) == ("builtins.list", (3,), "[1, 2, 3]")
    assert len(artifact.sha) == 64
    assert artifact.size > 0
    assert artifact.finished_at == Task("F/1/start/1").finished_at
    assert artifact.data == [1, 2, 3]
    assert artifact.data is not artifact.data


def test_a_task_has_its_own_and_inherited_artifacts_without_hidden_ones(builder, session):
    builder.whole_run()
    task = Task("F/1/fit/3")
    assert [artifact.id for artifact in task] == ["alpha", "xs", "y"]
    assert task.artifacts._fields == ("alpha", "xs", "y")
    assert task.artifacts.y.data == 20
    assert task["_hidden"].data == 7
    assert "_hidden" in task
    assert "z" not in task


def test_data_gives_values_as_attributes(builder, session):
    builder.whole_run()
    data = Run("F/1")["fit"]["2"].data
    assert (data.y, data.xs, data._hidden) == (10, [1, 2, 3], 7)
    assert "y" in data
    assert "z" not in data
    assert dir(data) == ["alpha", "xs", "y"]
    assert repr(data) == "<MetaflowData: alpha, xs, y>"
    assert not hasattr(data, "z")
    with pytest.raises(AttributeError, match="`F/1/fit/2` has no artifact `z`; it has `alpha`, `xs`, `y`"):
        data.z
    assert pickle.loads(pickle.dumps(data.xs)) == [1, 2, 3]


def write_with_flow_classes(builder):
    """A run whose artifacts are of classes of its flow file and of a module beside it."""
    source = builder.folder / "source"
    source.mkdir()
    (source / "points.py").write_text(FLOW)
    (source / "shapes.py").write_text(SHAPES)
    code = take_snapshot(builder.datastore, str(source / "points.py"), suffixes=(".py",), max_bytes=10**6)
    place = str(builder.folder / ".stepwell")
    written = subprocess.run([sys.executable, "-c", WRITE, str(source), place], check=True, capture_output=True)
    import msgspec

    from stepwell.documents.refs import ArtifactRef

    point, circle = msgspec.json.decode(written.stdout, type=list[ArtifactRef])
    run = builder.run(code=code)
    builder.append(run, builder.result(run, "end", 1, artifacts={"point": point, "circle": circle}))
    return source, run


def test_classes_of_the_flow_file_come_from_the_runs_snapshot(builder, session):
    source, run = write_with_flow_classes(builder)
    # The files change after the run; its values do not.
    (source / "points.py").write_text("raise SystemExit('changed')")
    (source / "shapes.py").unlink()
    point = Run(f"F/{run}")["end"].task.data.point
    assert (point.x, type(point).__name__) == (5, "Point")
    assert not hasattr(sys.modules["__main__"], "Point")


def test_classes_of_modules_beside_the_flow_file_are_found(builder, session):
    source, run = write_with_flow_classes(builder)
    (source / "shapes.py").unlink()
    sys.modules.pop("shapes", None)
    before = list(sys.path)
    assert Run(f"F/{run}")["end"].task.data.circle.radius == 3
    assert sys.path == before
    sys.modules.pop("shapes", None)


def test_the_code_of_a_run_can_be_read_and_taken_out(builder, session):
    source, run = write_with_flow_classes(builder)
    code = Run(f"F/{run}").code
    assert (code.script_name, code.flowspec) == ("points.py", FLOW)
    assert code.info["files"] == 2
    assert code.info["root"] == str(source)
    with code.tarball as archive:
        assert archive.getnames() == ["points.py", "shapes.py"]
        assert archive.extractfile("shapes.py").read().decode() == SHAPES
    with code.extract() as folder, open(f"{folder}/shapes.py") as file:
        assert file.read() == SHAPES
    with open(code.path, "rb") as file:
        assert b"points.py" in file.read()


def test_listing_and_walking_import_no_pickle_and_load_nothing(builder, session):
    builder.whole_run()
    program = """
import sys
from stepwell.client import Run, namespace, metadata
namespace(None)
metadata(sys.argv[1])
run = Run("F/1")
assert [(a.id, a.type) for step in run for task in step for a in task]
bad = {"cloudpickle", "numpy", "stepwell.artifacts.reader"} & set(sys.modules)
sys.exit(f"loaded: {bad}" if bad else 0)
"""
    place = str(builder.folder / ".stepwell")
    done = subprocess.run([sys.executable, "-c", program, place], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
