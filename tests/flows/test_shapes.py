"""The forms of `self.next`, run for real: what follows what, and what each task sees."""

from __future__ import annotations


def test_a_linear_flow_carries_artifacts_from_step_to_step(work, run_of):
    work.write("""
    class Linear(FlowSpec):
        alpha = Parameter("alpha", default=0.5)
        factor = 3

        @step
        def start(self):
            self.x = 1
            self.next(self.middle)

        @step
        def middle(self):
            self.y = self.x + self.factor
            self.next(self.end)

        @step
        def end(self):
            self.z = (self.x, self.y, self.alpha)
    """)
    work.run("run", "--alpha", "0.25")
    run = run_of("Linear/1")
    assert run.successful
    assert run.status == "succeeded"
    assert run.data.z == (1, 4, 0.25)
    assert run["middle"].task.data.y == 4


def test_branches_run_and_join_by_name_and_in_order(work, run_of):
    work.write("""
    class Branches(FlowSpec):
        @step
        def start(self):
            self.common = "c"
            self.next(self.a, self.b)

        @step
        def a(self):
            self.value = "a"
            self.only_a = 1
            self.next(self.join)

        @step
        def b(self):
            self.value = "b"
            self.next(self.join)

        @step
        def join(self, inputs):
            self.names = [i.value for i in inputs]
            self.by_name = inputs.a.value + inputs.b.value
            self.merge_artifacts(inputs, exclude=["value"])
            self.next(self.end)

        @step
        def end(self):
            self.seen = (self.common, self.only_a, hasattr(self, "value"))
    """)
    work.run("run")
    data = run_of("Branches/1").data
    assert data.names == ["a", "b"]
    assert data.by_name == "ab"
    assert data.seen == ("c", 1, False)


def test_nested_foreach_gives_every_task_its_item_index_and_stack(work, run_of):
    work.write("""
    class Nested(FlowSpec):
        @step
        def start(self):
            self.letters = ["x", "y"]
            self.next(self.outer, foreach="letters")

        @step
        def outer(self):
            self.letter = self.input
            self.numbers = range(3)
            self.next(self.inner, foreach="numbers")

        @step
        def inner(self):
            self.label = (self.letter, self.input, self.index, self.foreach_stack())
            self.next(self.join_inner)

        @step
        def join_inner(self, inputs):
            self.labels = [i.label for i in inputs]
            self.outer_item = self.input
            self.next(self.join_outer)

        @step
        def join_outer(self, inputs):
            self.all_labels = [label for i in inputs for label in i.labels]
            self.items = [i.outer_item for i in inputs]
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    data = run_of("Nested/1").data
    assert [label[:3] for label in data.all_labels] == [(x, n, n) for x in "xy" for n in range(3)]
    assert data.all_labels[4][3] == [(1, 2, "y"), (1, 3, 1)]
    assert data.items == ["x", "y"]


def test_an_empty_foreach_runs_no_task_and_the_join_gets_no_inputs(work, run_of):
    work.write("""
    class Empty(FlowSpec):
        @step
        def start(self):
            self.items = []
            self.next(self.work, foreach="items")

        @step
        def work(self):
            self.next(self.join)

        @step
        def join(self, inputs):
            self.count = len(inputs)
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    run = run_of("Empty/1")
    assert run.data.count == 0
    assert [step.id for step in run] == ["end", "join", "start"]


def test_sets_and_dicts_can_be_iterated_over(work, run_of):
    work.write("""
    class Collections(FlowSpec):
        @step
        def start(self):
            self.table = {"a": 1, "b": 2}
            self.next(self.pair, foreach="table")

        @step
        def pair(self):
            self.got = self.input
            self.next(self.join)

        @step
        def join(self, inputs):
            self.pairs = [i.got for i in inputs]
            self.names = {"p", "q", "r"}
            self.next(self.member, foreach="names")

        @step
        def member(self):
            self.got = self.input
            self.next(self.gather)

        @step
        def gather(self, inputs):
            self.members = sorted(i.got for i in inputs)
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    assert run_of("Collections/1")["join"].task.data.pairs == [("a", 1), ("b", 2)]
    assert run_of("Collections/1").data.members == ["p", "q", "r"]


def test_a_flow_may_have_one_step_and_any_names(work, run_of):
    work.write("""
    class Single(FlowSpec):
        @step
        def only(self):
            self.x = 7
    """)
    work.run("run")
    assert run_of("Single/1").data.x == 7


def test_steps_and_parameters_are_inherited_from_a_base_in_another_file(work, run_of):
    (work.folder / "base_flow.py").write_text(
        "from stepwell import FlowSpec, Parameter, step\n"
        "class Base(FlowSpec):\n"
        "    size = Parameter('size', default=2)\n"
        "    @step\n"
        "    def start(self):\n"
        "        self.x = self.size\n"
        "        self.next(self.end)\n"
    )
    path = work.folder / "flow.py"
    path.write_text(
        "from stepwell import step\n"
        "from base_flow import Base\n"
        "class Derived(Base):\n"
        "    @step\n"
        "    def end(self):\n"
        "        self.y = self.x * 10\n"
        "if __name__ == '__main__':\n"
        "    Derived()\n"
    )
    work.run("run", "--size", "4")
    assert run_of("Derived/1").data.y == 40


def test_a_limit_holds_for_the_tasks_of_a_foreach(work, run_of):
    work.write("""
    import time

    class Limited(FlowSpec):
        @step
        def start(self):
            self.items = list(range(6))
            self.next(self.work, foreach="items", limit=1)

        @step
        def work(self):
            self.began = time.monotonic()
            time.sleep(0.05)
            self.ended = time.monotonic()
            self.next(self.join)

        @step
        def join(self, inputs):
            spans = sorted((i.began, i.ended) for i in inputs)
            self.overlaps = sum(a[1] > b[0] for a, b in zip(spans, spans[1:]))
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run", "--max-workers", "4")
    assert run_of("Limited/1").data.overlaps == 0
