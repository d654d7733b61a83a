"""`@project`: flows that belong together, with branches that keep deployments and their runs apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from stepwell.base.errors import UsageError
from stepwell.decorators.flow_protocol import CommandLineOption, FlowDecorator, apply_to_flow
from stepwell.decorators.options import FLAG, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.flow_protocol import FlowCheckContext, RunSetup
    from stepwell.documents.diagnostic import Diagnostic

    C = TypeVar("C", bound=type)

MOST_CHARACTERS = 128
_NAME = re.compile(r"[a-z0-9_]+")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None and len(value) <= MOST_CHARACTERS


_NAMED = Kind(f"made of `a-z`, `0-9` and `_`, at most {MOST_CHARACTERS} of them", '"fraud_detection"', _is_name)


class Project(FlowDecorator):
    """The decorator behind `@project`; options `name`, `branch` and `production`."""

    name = "project"
    defaults = {"name": None, "branch": None, "production": False}  # noqa: RUF012 - a constant of the class
    kinds = {"branch": _NAMED, "production": FLAG}  # noqa: RUF012 - a constant of the class
    command_line = (
        CommandLineOption("branch", "text", "Branch of the project. [default: user.NAME]", "NAME"),
        CommandLineOption("production", "flag", "Run on the production branch of the project."),
    )

    def check(self, context: FlowCheckContext) -> list[Diagnostic]:
        """The name must be given, and it and the branch must be short and plain."""
        found = super().check(context)
        if not _is_name(self.options["name"]):
            found.append(self.option_fault(context, "name", _NAMED.expected, _NAMED.example))
        return found

    def configure(self, setup: RunSetup) -> None:
        """The branch of a run, as tags and in `current`.

        Raises:
            UsageError: `--branch` is no name for a branch.
        """
        given = setup.given.get("branch")
        if given is not None and not _is_name(given):
            raise UsageError(
                f"`--branch {given}` is not {_NAMED.expected}", hint="write for example `--branch staging`"
            )
        name = self.options["name"]
        branch = given or self.options["branch"]
        production = bool(setup.given.get("production") or self.options["production"])
        full = branch_name(branch, setup.user, production=production)
        setup.system_tags += [f"project:{name}", f"project_branch:{full}"]
        setup.current.update(
            project_name=name,
            branch_name=full,
            is_user_branch=not production and branch is None,
            is_production=production,
            project_flow_name=f"{name}.{full}.{setup.flow}",
        )


def branch_name(branch: str | None, user: str, *, production: bool) -> str:
    """The full name of a branch: `prod`, `prod.b`, `test.b` or `user.ada`."""
    if production:
        return f"prod.{branch}" if branch else "prod"
    return f"test.{branch}" if branch else f"user.{user}"


def project(**options: Any) -> Callable[[C], C]:
    """Say that the flow belongs to a project; its branches keep deployments and runs apart.

    Args:
        **options: `name`: the project, of small letters, digits and `_`. `branch`: the branch, unless `--branch` says
            another; without one it is the user's own. `production`: True for the production branch, as `--production`
            says it.

    Returns:
        What puts it on the class.
    """
    made: Callable[[C], C] = apply_to_flow(Project, None, options)
    return made
