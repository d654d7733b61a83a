"""Packages made for Metaflow: those of PyPI that only need its public names, and one with every kind of entry."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stepwell.client import Run
    from tests.flows.workspace import Workspace


def flow(work: Workspace, source: str) -> None:
    (work.folder / "flow.py").write_text(textwrap.dedent(source))


def test_metaflow_card_html(work: Workspace, fetch: Callable[..., Path], run_of: Callable[[str], Run]) -> None:
    work.environ["PYTHONPATH"] = str(fetch("metaflow-card-html==1.0.3"))
    flow(
        work,
        """
        from metaflow import FlowSpec, card, step

        class Html(FlowSpec):
            @card(type="html", options={"attribute": "page"})
            @step
            def start(self):
                self.page = "<p>hello</p>"
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            Html()
        """,
    )
    work.stepwell("compat", "flow.py", "run")
    (work.folder / "draw.py").write_text(
        "from metaflow import Task, namespace\nfrom stepwell.compat.extensions import loaded\nnamespace(None)\n"
        "print(loaded().cards['html'](options={'attribute': 'page'}).render(Task('Html/1/start/1')))\n"
    )
    assert work.stepwell("compat", "draw.py").out == "<p>hello</p>\n"


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_metaflow_pyinstrument(
    work: Workspace, fetch: Callable[..., Path], run_of: Callable[[str], Run], isolation: str
) -> None:
    folders = [fetch("metaflow-card-html==1.0.3"), fetch("metaflow-pyinstrument==0.1.1"), fetch("pyinstrument==5.1.1")]
    work.environ["PYTHONPATH"] = ":".join(map(str, folders))
    flow(
        work,
        """
        from metaflow import FlowSpec, step
        from metaflow_pyinstrument import pyinstrument_card

        class Profiled(FlowSpec):
            @pyinstrument_card
            @step
            def start(self):
                self.total = sum(range(300_000))
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            Profiled()
        """,
    )
    done = work.stepwell("compat", "flow.py", "run", "--isolation", isolation)
    assert "Profiling complete for step 'start'" in done.out
    task = run_of("Profiled/1")["start"].task
    assert task is not None
    assert task.data.html.lstrip().startswith("<!DOCTYPE html>")
    assert task.data.total == sum(range(300_000))


@pytest.fixture
def extended(work: Workspace) -> Workspace:
    """A package with a decorator written against Metaflow's hooks, a flow decorator, a card and names of its own."""
    root = work.folder / "installed" / "metaflow_extensions" / "acme"
    files = {
        "toplevel/mfextinit_acme.py": """
            from metaflow import current
            ACME = "acme"
            def where():
                return current.step_name
            """,
        "plugins/mfextinit_acme.py": """
            STEP_DECORATORS_DESC = [("watched", ".watching.Watched")]
            FLOW_DECORATORS_DESC = [("owned", ".watching.Owned")]
            """,
        "plugins/watching.py": """
            from metaflow.decorators import FlowDecorator, StepDecorator
            from metaflow.exception import MetaflowException
            from metaflow.metadata_provider import MetaDatum

            class Watched(StepDecorator):
                name = "watched"
                defaults = {"label": "none", "swallow": False}

                def step_init(self, flow, graph, step_name, decorators, environment, flow_datastore, logger):
                    if self.attributes["label"] == "bad":
                        raise MetaflowException("no such label")

                def task_pre_step(self, step_name, task_datastore, metadata, run_id, task_id, flow, graph, retry_count,
                                  max_user_code_retries, ubf_context, inputs):
                    flow.seen = [f"pre {step_name} {self.attributes['label']} {graph[step_name].name}"]
                    metadata.register_metadata(run_id, step_name, task_id, [MetaDatum("label", "x", "label", [])])

                def task_decorate(self, step_func, flow, graph, retry_count, max_user_code_retries, ubf_context):
                    def put(*inputs):
                        flow.seen.append("before")
                        return step_func(*inputs)
                    return put

                def task_post_step(self, step_name, flow, graph, retry_count, max_user_code_retries):
                    flow.seen.append("post")

                def task_exception(self, exception, step_name, flow, graph, retry_count, max_user_code_retries):
                    flow.seen.append(f"exception {exception}")
                    return self.attributes["swallow"]

                def task_finished(self, step_name, flow, graph, is_task_ok, retry_count, max_user_code_retries):
                    flow.seen.append(f"finished {is_task_ok}")

            class Owned(FlowDecorator):
                name = "owned"
                defaults = {"by": None}
            """,
        "plugins/cards/page/mfextinit_page.py": """
            from metaflow.cards import MetaflowCard

            class Page(MetaflowCard):
                type = "page"

            CARDS = [Page]
            """,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text))
    broken = root.parent / "broken" / "plugins"
    broken.mkdir(parents=True)
    (broken / "mfextinit_broken.py").write_text("import there_is_no_such_module\n")
    work.environ["PYTHONPATH"] = str(work.folder / "installed")
    return work


EXTENDED = """
    from metaflow import ACME, FlowSpec, owned, step, watched, where

    @owned(by=ACME)
    class Extended(FlowSpec):
        @watched(label="first")
        @step
        def start(self):
            self.here = where()
            self.next(self.a, self.b)

        @step
        def a(self):
            self.next(self.join)

        @step
        def b(self):
            self.next(self.join)

        @watched(swallow=True)
        @step
        def join(self, inputs):
            self.count = len(list(inputs))
            if self.count:
                raise ValueError("late")
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        Extended()
    """


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_an_extension_with_every_kind_of_entry(
    extended: Workspace, run_of: Callable[[str], Run], isolation: str
) -> None:
    flow(extended, EXTENDED)
    done = extended.stepwell("compat", "flow.py", "run", "--with", "watched:label=all", "--isolation", isolation)
    assert done.text.count("`metaflow_extensions.broken.plugins.mfextinit_broken` of Metaflow cannot be imported") == 1
    run = run_of("Extended/1")

    def task(step: str) -> Any:
        return run[step].task

    assert run.successful
    assert task("start").data.here == "start"
    assert task("start").data.seen == ["pre start first start", "before", "post", "finished True"]
    assert task("start").metadata_dict["label"] == "x"
    assert task("a").data.seen[0] == "pre a all a"
    assert task("join").data.count == 2
    assert task("join").data.seen[-2:] == ["exception late", "finished True"]


def test_what_an_extension_refuses_is_told(extended: Workspace) -> None:
    flow(extended, EXTENDED.replace('label="first"', 'label="bad"'))
    assert "no such label" in extended.stepwell("compat", "flow.py", "run", code=1).err
    flow(extended, EXTENDED.replace('label="first"', "lable=1"))
    assert "`@watched` has no option `lable`" in extended.stepwell("compat", "flow.py", "run", code=None).err
