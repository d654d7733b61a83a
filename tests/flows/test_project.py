"""`@project`: branches, as options, tags and attributes of `current`."""

from __future__ import annotations

import pytest

from stepwell import project
from stepwell.base.errors import UsageError

FLOW = """
from stepwell import project

@project({options})
class Mine(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        witness(" ".join(map(str, [
            current.project_name, current.branch_name, current.is_user_branch, current.is_production,
            current.project_flow_name,
        ])))
"""


@pytest.mark.parametrize(
    ("options", "arguments", "told"),
    [
        ('name="shop"', ["run"], "shop user.tester True False shop.user.tester.Mine"),
        ('name="shop"', ["run", "--branch", "b_1"], "shop test.b_1 False False shop.test.b_1.Mine"),
        ('name="shop"', ["--branch", "b_1", "run"], "shop test.b_1 False False shop.test.b_1.Mine"),
        ('name="shop"', ["--production", "run"], "shop prod False True shop.prod.Mine"),
        ('name="shop"', ["run", "--production", "--branch", "b"], "shop prod.b False True shop.prod.b.Mine"),
        ('name="shop", branch="b"', ["run"], "shop test.b False False shop.test.b.Mine"),
        ('name="shop", branch="b"', ["run", "--branch", "c"], "shop test.c False False shop.test.c.Mine"),
        ('name="shop", production=True', ["run"], "shop prod False True shop.prod.Mine"),
    ],
)
def test_branches(work, options, arguments, told):
    work.write(FLOW.format(options=options))
    work.run(*arguments)
    assert work.witnessed() == [told]


def test_tags_tell_project_and_branch_and_the_graph_keeps_the_decorator(work):
    work.write(FLOW.format(options='name="shop"'))
    work.run("run", "--branch", "b")
    tags = work.run("tag", "list").text
    assert "project:shop" in tags
    assert "project_branch:test.b" in tags
    assert '"name":"project"' in work.run("output-raw").out.replace(" ", "")


def test_resume_takes_the_options_too(work):
    work.write(
        FLOW.format(options='name="shop"').replace(
            "witness(", "1 / (0 if not witness.__doc__ else 1)\n        witness("
        )
    )
    work.run("run", code=1)
    work.write(FLOW.format(options='name="shop"'))
    work.run("resume", "--production")
    assert work.witnessed() == ["shop prod False True shop.prod.Mine"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("", "`name` of `@project` on the flow `Mine` is `None`, not made of `a-z`, `0-9` and `_`"),
        ('name="My-Shop"', "`name` of `@project` on the flow `Mine` is `'My-Shop'`"),
        ('name="shop", branch="B"', "`branch` of `@project` on the flow `Mine` is `'B'`"),
        ('name="shop", production="yes"', "`production` of `@project` on the flow `Mine` is `'yes'`"),
    ],
)
def test_what_is_no_name_is_refused_with_its_place(work, options, told):
    work.write(FLOW.format(options=options))
    done = work.run("run", code=1)
    assert told in done.text
    assert "--> flow.py:" in done.text


def test_a_wrong_branch_on_the_command_line_is_refused(work):
    work.write(FLOW.format(options='name="shop"'))
    assert "`--branch B/1` is not made of `a-z`" in work.run("run", "--branch", "B/1", code=2).text


def test_an_unknown_option_names_the_known_ones():
    with pytest.raises(UsageError, match="`@project` has no option `title`") as caught:
        project(title="shop")
    assert caught.value.hint == "its options are: `name`, `branch`, `production`"


def test_twice_is_refused(work):
    work.write(FLOW.format(options='name="shop"').replace("@project(", '@project(name="other")\n@project('))
    assert "the flow `Mine` has `@project` twice" in work.run("run", code=1).text


def test_on_a_step_it_is_refused():
    with pytest.raises(UsageError, match="`@project` was put on an object of type `function`"):
        project(name="shop")(lambda self: None)


def test_the_name_may_come_from_a_config(work):
    (work.folder / "shop.json").write_text('{"project": "configured"}')
    work.write(
        FLOW.format(options='name=config_expr("settings.project")')
        .replace("import project", "import Config, config_expr, project")
        .replace("    @step", '    settings = Config("settings", default="shop.json")\n\n    @step', 1)
    )
    for isolation in ("fork", "spawn"):
        work.run("run", "--isolation", isolation, "--branch", "b")
    assert work.witnessed() == ["configured test.b False False configured.test.b.Mine"] * 2


def test_without_it_there_is_no_branch(work):
    work.write(FLOW.format(options='name="shop"').replace('@project(name="shop")', ""))
    assert "there is no option `--branch`" in work.run("run", "--branch", "b", code=2).text
