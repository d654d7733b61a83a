"""What a caller asks of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

if TYPE_CHECKING:
    from stepwell.flow.spec import FlowSpec


class RunRequest(Struct, frozen=True, kw_only=True):
    """A run or a resume.

    Attributes:
        flow: The flow class.
        file: The flow file, as an absolute path.
        parameters: Given values by parameter name: text from a command line, or Python values. Not for a resume.
        tags: User tags.
        decorators: `--with` specifications.
        flow_options: Values of the options that the flow's decorators add, such as `branch`.
        max_workers: The most attempts at once; None for the setting.
        command: The command line as typed, for the record.
        origin_run: For a resume, the run to go on from; `latest` for the user's last one.
        resume_step: For a resume, the step from which everything is run again.
        max_num_splits: The most branches that one foreach may have; None for no limit.
        parent: Pathspec of the task whose step starts this run, if one does.
        run_id_file: A file to write the run id to as soon as it is known.
    """

    flow: type[FlowSpec]
    file: str
    parameters: dict[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    flow_options: dict[str, Any] = field(default_factory=dict)
    max_workers: int | None = None
    command: tuple[str, ...] = ()
    origin_run: str | None = None
    resume_step: str | None = None
    max_num_splits: int | None = None
    parent: str = ""
    run_id_file: str | None = None
