"""Reading `self.next(...)` from the syntax tree: what it says, or why it cannot be understood."""

from __future__ import annotations

import ast
import difflib
from typing import TYPE_CHECKING, Any

from stepwell.flow.written import NextCall, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.flow.source import SourceFile
    from stepwell.flow.written import Form, Place

KEYWORDS = ("foreach", "num_parallel", "condition", "limit")


class NextFault(Exception):
    """Why a call cannot be understood: code, message, hint and place."""

    def __init__(self, code: str, message: str, hint: str, place: Place) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.place = place


def read_next(
    call: ast.Call,
    self_name: str,
    source: SourceFile,
    class_value: Callable[[tuple[str, ...]], Any] | None = None,
) -> NextCall:
    """What a call of `self.next` says.

    Args:
        call: The call.
        self_name: What the step calls `self`.
        source: The file that it stands in.
        class_value: The value of `self.a.b` as far as the class knows it, from `("a", "b")`: for cases that a config
            names. Raises AttributeError when the class has none.

    Raises:
        NextFault: It is none of the forms.
    """
    return _Reader(call, self_name, source, class_value).read()


class _Reader:
    def __init__(
        self,
        call: ast.Call,
        self_name: str,
        source: SourceFile,
        class_value: Callable[[tuple[str, ...]], Any] | None,
    ) -> None:
        self.call = call
        self.self_name = self_name
        self.source = source
        self.class_value = class_value
        self.place = source.place(call)

    def read(self) -> NextCall:
        keywords = self._keywords()
        arguments = self.call.args
        if not arguments:
            raise self._fault("`self.next()` names no step", "write `self.next(self.other_step)`")
        if "condition" in keywords or isinstance(arguments[0], ast.Dict):
            return self._switch(keywords)
        targets = tuple(self._target(argument) for argument in arguments)
        if "foreach" in keywords and "num_parallel" in keywords:
            raise self._fault(
                "`foreach` and `num_parallel` stand together", "use one of them", keywords["num_parallel"]
            )
        for name in ("foreach", "num_parallel"):
            if name in keywords and len(targets) > 1:
                raise self._fault(
                    f"`{name}` takes one step, and here are {len(targets)}",
                    f"write `self.next(self.{targets[0].name}, {name}=...)`, and branch in that step",
                    keywords[name],
                )
        if "limit" in keywords and "foreach" not in keywords:
            raise self._fault("`limit` stands without `foreach`", "remove it", keywords["limit"])
        form: Form = "linear" if len(targets) == 1 else "branch"
        if "foreach" in keywords:
            form = "foreach"
        elif "num_parallel" in keywords:
            form = "gang"
        return NextCall(
            form=form,
            targets=targets,
            foreach=self._name_text(keywords["foreach"], "foreach") if "foreach" in keywords else None,
            limit=self._limit(keywords["limit"]) if "limit" in keywords else None,
            place=self.place,
        )

    def _keywords(self) -> dict[str, ast.expr]:
        found: dict[str, ast.expr] = {}
        for keyword in self.call.keywords:
            if keyword.arg is None:
                raise self._fault(
                    "the transition is hidden in `**`", "write the arguments of `self.next` out", keyword.value
                )
            if keyword.arg not in KEYWORDS:
                close = difflib.get_close_matches(keyword.arg, KEYWORDS, n=1) or ["foreach"]
                raise NextFault(
                    "SW116",
                    f"`self.next` has no argument `{keyword.arg}`",
                    f"did you mean `{close[0]}`?",
                    self.source.place(keyword),
                )
            found[keyword.arg] = keyword.value
        return found

    def _target(self, node: ast.expr, case: str | None = None, case_value: Any = None) -> Target:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == self.self_name:
            return Target(node.attr, self.source.place(node), case, case_value)
        text = ast.unparse(node)
        text = text if len(text) <= 60 else text[:57] + "..."
        name = node.id if isinstance(node, ast.Name) else "other_step"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            name = node.value
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            raise self._fault(
                f"`{text}` calls the step in place of naming it", f"write `{text.partition('(')[0]}`", node
            )
        raise self._fault(f"`{text}` does not name a step", f"write a step as `self.{name}`", node)

    def _name_text(self, node: ast.expr, keyword: str) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        hint = f'write the name of the artifact in quotes: `{keyword}="items"`'
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == self.self_name:
            hint = f'write the name of the artifact in quotes: `{keyword}="{node.attr}"`'
        raise self._fault(f"`{keyword}` is not a text in quotes", hint, node)

    def _limit(self, node: ast.expr) -> int:
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value > 0:
            return node.value
        raise self._fault("`limit` is not a whole number above 0", "write it out: `limit=8`", node)

    def _switch(self, keywords: dict[str, ast.expr]) -> NextCall:
        mapping = self.call.args[0]
        for name in ("foreach", "num_parallel", "limit"):
            if name in keywords:
                raise self._fault(
                    f"a switch cannot be combined with `{name}`", "switch to a step that splits", keywords[name]
                )
        if not isinstance(mapping, ast.Dict) or len(self.call.args) > 1:
            raise self._fault(
                "`condition` is given, but not a single dict of cases",
                'write `self.next({"a": self.x, "b": self.y}, condition="artifact")`',
                self.call.args[-1],
                code="SW132",
            )
        if "condition" not in keywords:
            raise self._fault(
                "a dict of cases is given, but no `condition`",
                'add `condition="artifact"`, the name of the artifact that decides',
                mapping,
                code="SW131",
            )
        condition = self._name_text(keywords["condition"], "condition")
        targets: list[Target] = []
        seen: dict[Any, str] = {}
        for key, value in zip(mapping.keys, mapping.values, strict=True):
            case, text = self._case(key, mapping)
            if text in seen.values():
                raise self._fault(f"the case `{text}` stands twice", "keep one of them", key, code="SW132")
            if case in seen:
                raise self._fault(
                    f"the cases `{seen[case]}` and `{text}` are equal", "keep one of them", key, code="SW132"
                )
            seen[case] = text
            targets.append(self._target(value, text, None if isinstance(case, tuple) else case))
        if len(targets) < 2:
            raise self._fault(
                f"a switch of {len(targets)} case{'' if len(targets) == 1 else 's'} decides nothing",
                "give at least two cases, or write `self.next(self.other_step)`",
                mapping,
                code="SW130",
            )
        return NextCall(form="switch", targets=tuple(targets), condition=condition, place=self.place)

    def _case(self, key: ast.expr | None, mapping: ast.Dict) -> tuple[Any, str]:
        """The value of a case, and its text; of a config that is not read yet, its name stands for both."""
        try:
            value = ast.literal_eval(key) if key is not None else None
        except (ValueError, TypeError):
            value = self._config_value(key) if isinstance(key, ast.Attribute) else None
        if isinstance(value, (str, int, float)):
            return value, case_text(value)
        if value is not None and key is not None and is_delayed(value):
            text = ast.unparse(key).removeprefix(f"{self.self_name}.")
            return (text,), text
        raise self._fault(
            "a case of the switch is not a literal",
            "write each case as text in quotes, a number, `True`, `False`, or `self.config.key`",
            key or mapping,
            code="SW132",
        )

    def _config_value(self, node: ast.Attribute) -> Any:
        """What `self.config.key` is for the class; None for anything else."""
        names: list[str] = []
        part: ast.expr = node
        while isinstance(part, ast.Attribute):
            names.insert(0, part.attr)
            part = part.value
        if not isinstance(part, ast.Name) or part.id != self.self_name or len(names) < 2 or self.class_value is None:
            return None
        try:
            return self.class_value(tuple(names))
        except AttributeError:
            raise self._fault(
                f"`{ast.unparse(node)}` has no value",
                "add the key to the config's file, or mend the name",
                node,
                code="SW132",
            ) from None

    def _fault(self, message: str, hint: str, node: ast.expr | None = None, *, code: str = "SW116") -> NextFault:
        return NextFault(code, message, hint, self.source.place(node) if node is not None else self.place)


def is_delayed(value: object) -> bool:
    """True for what stands for the value of a config until the configs are read."""
    return hasattr(type(value), "_stepwell_value")


def case_text(value: object) -> str:
    """A case of a switch as text: what the graph keeps and what a transition records."""
    return str(value)
