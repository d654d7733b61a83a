"""What may be assigned to `self`, and what is recorded about it: nothing is ever dropped without a word."""

from __future__ import annotations

import pytest


def test_functions_and_lambdas_are_stored_and_can_be_called_in_later_steps(work, run_of):
    work.write("""
    def double(value):
        return 2 * value

    class Functions(FlowSpec):
        @step
        def start(self):
            offset = 5
            def add(value):
                return value + offset
            self.named = double
            self.closure = add
            self.short = lambda value: value * 3
            self.builtin = len
            self.next(self.end)

        @step
        def end(self):
            self.results = (self.named(2), self.closure(2), self.short(2), self.builtin("ab"))
    """)
    work.run("run")
    assert run_of("Functions/1").data.results == (4, 7, 6, 2)


def test_objects_of_classes_of_the_flow_file_travel_between_steps(work, run_of):
    work.write("""
    import dataclasses, enum

    class Colour(enum.Enum):
        RED = 1

    @dataclasses.dataclass
    class Point:
        x: int
        colour: Colour

    class Objects(FlowSpec):
        @step
        def start(self):
            self.point = Point(3, Colour.RED)
            self.next(self.end)

        @step
        def end(self):
            self.good = isinstance(self.point, Point) and self.point.colour is Colour.RED
    """)
    for isolation in ("fork", "spawn", "none"):
        work.run("run", "--isolation", isolation)
    assert [run.data.good for run in run_of("Objects/1").parent] == [True, True, True]


def test_a_changed_class_constant_is_kept(work, run_of):
    work.write("""
    class Constants(FlowSpec):
        limit = 3
        names = ["a"]

        @step
        def start(self):
            self.before = (self.limit, list(self.names))
            self.limit = 4
            self.names.append("b")
            self.next(self.end)

        @step
        def end(self):
            self.after = (self.limit, self.names)
    """)
    work.run("run")
    data = run_of("Constants/1").data
    assert data.before == (3, ["a"])
    assert data.after == (4, ["a", "b"])


def test_a_parameter_cannot_be_assigned(work):
    work.write("""
    class Fixed(FlowSpec):
        alpha = Parameter("alpha", default=1)

        @step
        def start(self):
            self.alpha = 2
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    done = work.run("run", code=1)
    assert "alpha" in done.err


def test_a_value_changed_in_place_is_stored_again(work, run_of):
    work.write("""
    class InPlace(FlowSpec):
        @step
        def start(self):
            self.table = {"a": [1]}
            self.untouched = [1]
            self.next(self.middle)

        @step
        def middle(self):
            self.table["a"].append(2)
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    run = run_of("InPlace/1")
    assert run["start"].task.data.table == {"a": [1]}
    assert run["end"].task.data.table == {"a": [1, 2]}
    sha = {step.id: step.task["untouched"].sha for step in run}
    assert len(set(sha.values())) == 1


def test_a_deleted_artifact_is_gone_for_later_steps(work, run_of):
    work.write("""
    class Deletes(FlowSpec):
        @step
        def start(self):
            self.large = bytes(1000)
            self.next(self.middle)

        @step
        def middle(self):
            del self.large
            self.next(self.end)

        @step
        def end(self):
            self.there = hasattr(self, "large")
    """)
    work.run("run")
    assert run_of("Deletes/1").data.there is False
    assert "large" in run_of("Deletes/1")["start"].task
    assert "large" not in run_of("Deletes/1")["middle"].task


@pytest.mark.parametrize("isolation", ["fork", "none"])
def test_what_a_step_really_read_is_recorded_by_digest(work, run_of, isolation):
    from stepwell.documents.task import TaskResult
    from stepwell.store.datastore import open_datastore

    work.write("""
    class Reads(FlowSpec):
        alpha = Parameter("alpha", default=1)
        beta = Parameter("beta", default=2)
        constant = 3

        @step
        def start(self):
            self.used = [1]
            self.unused = [2]
            self.overwritten = 0
            self.own = 5
            self.own += 1
            self.next(self.end)

        @step
        def end(self):
            self.overwritten = 1
            self.result = (self.used, self.alpha, self.constant)
            self.result
    """)
    work.run("run", "--isolation", isolation)
    records, _ = open_datastore(str(work.root), create=False).run_log("Reads", "1").read("")
    reads = {record.step: record.reads for _, record in records if isinstance(record, TaskResult)}
    assert set(reads["start"]) == set()
    assert set(reads["end"]) == {"used", "alpha", "constant"}
    assert reads["end"]["used"] == run_of("Reads/1")["start"].task["used"].sha
