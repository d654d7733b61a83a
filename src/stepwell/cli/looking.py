"""From pathspecs to answers: asks the index, and the datastore where the index only knows the place."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import msgspec

from stepwell.base.errors import NotFound
from stepwell.cli.answers import (
    ArtifactAnswer,
    FlowAnswer,
    RunAnswer,
    RunDetail,
    StepAnswer,
    StepDetail,
    TaskAnswer,
    TaskDetail,
)
from stepwell.documents.refs import ResultRef
from stepwell.records.status import task_status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stepwell.base.pathspec import Pathspec
    from stepwell.cli.session import Session
    from stepwell.documents.graph import GraphNode
    from stepwell.documents.refs import ArtifactRef
    from stepwell.documents.task import TaskResult
    from stepwell.records.rows import RunRow, StepRow, TaskRow, TaskStatus

SHOWN_FAILURES = 5
MOST_NAMES = 10


class Looker:
    """Answers questions about what is recorded.

    Args:
        session: The call.
    """

    def __init__(self, session: Session) -> None:
        from stepwell.store.artifact_table import ArtifactTables
        from stepwell.store.result_reader import ResultReader

        self._session = session
        self._records = session.records()
        self._datastore = session.datastore()
        self._results = ResultReader(self._datastore)
        self._tables = ArtifactTables(self._results)

    def flows(self) -> list[FlowAnswer]:
        """All flows with their newest run, the latest first."""
        answers = []
        for flow in self._records.flows():
            newest = self._records.runs(flow, limit=1)
            if newest:
                count = len(self._datastore.runs(flow))
                answers.append(FlowAnswer(flow=flow, runs=count, latest=self._run_answer(newest[0])))
        return sorted(answers, key=lambda answer: answer.latest.created_at, reverse=True)

    def runs(
        self, flow: str, *, status: TaskStatus | None, tags: tuple[str, ...], user: str | None, limit: int
    ) -> list[RunAnswer]:
        """Runs of a flow, newest first.

        Raises:
            NotFound: There is no such flow.
        """
        rows = self._records.runs(flow, status=status, tags=tags, user=user, limit=limit)
        if not rows:
            self._check_flow(flow)
        return [self._run_answer(row) for row in rows]

    def run(self, flow: str, run: str) -> RunDetail:
        """One run in full.

        Raises:
            NotFound: There is no such run.
        """
        row = self.run_row(flow, run)
        header = self._records.header(flow, run)
        failed = self._records.unsuccessful_tasks(flow, run, "failed", limit=100)
        last = {(task.step, task.task): task for task in failed if task.step != "_parameters"}
        return RunDetail(
            run=self._run_answer(row),
            doc=header.graph.doc,
            command=list(header.command),
            python=header.python,
            stepwell=header.stepwell,
            platform=header.platform,
            code=header.code.digest,
            git=msgspec.to_builtins(header.git) if header.git is not None else None,
            steps=self._steps(row, {node.name: node for node in header.graph.steps}),
            started_by=header.parent,
            failed=[self._task_answer(row, task) for task in last.values() if self._failed_for_good(row, task)],
        )

    def step(self, flow: str, run: str, step: str, *, limit: int) -> StepDetail:
        """One step of a run with its tasks, lowest ids first.

        Raises:
            NotFound: The run has no such step.
        """
        row = self.run_row(flow, run)
        nodes = {node.name: node for node in self._records.header(flow, run).graph.steps}
        answers = {answer.step: answer for answer in self._steps(row, nodes)}
        if step not in answers:
            raise NotFound(
                f"run `{flow}/{run}` has no step `{step}`", hint=_nearest_or_all(step, list(nodes), "its steps are")
            )
        tasks = list(itertools.islice(self._records.iter_tasks(flow, run, step, page=min(limit, 1000)), limit))
        return StepDetail(
            step=answers[step],
            tasks=[self._task_answer(row, task) for task in tasks],
            left_out=max(0, answers[step].tasks - len(tasks)),
        )

    def task(self, spec: Pathspec) -> TaskDetail:
        """One task in full.

        Raises:
            NotFound: There is no such task.
        """
        row, attempts = self.attempts(spec)
        last = attempts[-1]
        result = self.result(row, last)
        where = f"{row.flow}/{row.run}"
        streams = ("stdout", "stderr")
        return TaskDetail(
            task=self._task_answer(row, last),
            attempts=[self._task_answer(row, attempt) for attempt in attempts],
            inputs=[f"{where}/{step}/{task}" for step, task in result.inputs] if result is not None else [],
            artifacts=self.artifacts(row, last, result) if result is not None else [],
            output={
                stream: self._datastore.output_size(*printed_at(row, last), stream)  # type: ignore[arg-type]
                for stream in streams
            },
            error=msgspec.to_builtins(result.error) if result is not None and result.error is not None else None,
            metadata=dict(result.metadata) if result is not None else {},
        )

    def artifact(self, spec: Pathspec) -> ArtifactAnswer:
        """One artifact.

        Raises:
            NotFound: The task has no artifact of that name.
        """
        row, attempts = self.attempts(spec)
        result = self.result(row, attempts[-1])
        answers = {answer.name: answer for answer in self.artifacts(row, attempts[-1], result)} if result else {}
        found = answers.get(spec.artifact or "")
        if found is None:
            hint = _nearest_or_all(spec.artifact or "", sorted(answers), "artifacts of this task:")
            raise NotFound(f"there is no artifact `{spec}`", hint=hint)
        return found

    def run_row(self, flow: str, run: str) -> RunRow:
        """The row of a run.

        Raises:
            NotFound: There is no such run.
        """
        row = self._records.run(flow, run)
        if row is None:
            self._check_flow(flow)
            raise NotFound(
                f"there is no run `{flow}/{run}` in `{self._datastore.url}`",
                hint=f"`stepwell ls {flow}` lists its runs",
            )
        return row

    def attempts(self, spec: Pathspec) -> tuple[RunRow, list[TaskRow]]:
        """A task's run and attempts, first to last.

        Raises:
            NotFound: There is no such task.
        """
        row = self.run_row(spec.flow, spec.run or "")
        number = int(spec.task) if spec.task is not None and spec.task.isdecimal() else -1
        attempts = self._records.attempts(row.flow, row.run, spec.step or "", number)
        if not attempts:
            raise NotFound(
                f"there is no task `{spec.flow}/{spec.run}/{spec.step}/{spec.task}`",
                hint=f"`stepwell show {spec.flow}/{spec.run}/{spec.step}` lists the tasks of the step",
            )
        return row, attempts

    def tasks(self, spec: Pathspec) -> Iterator[tuple[RunRow, TaskRow]]:
        """The tasks that a pathspec of a run, step or task means, each by its last attempt, in order.

        Raises:
            NotFound: There are none.
        """
        if spec.task is not None:
            row, attempts = self.attempts(spec)
            yield row, attempts[-1]
            return
        row = self.run_row(spec.flow, spec.run or "")
        steps = [spec.step] if spec.step is not None else [step.step for step in self._records.steps(row.flow, row.run)]
        named = spec.step if spec.step != "_parameters" else None
        if named is not None and not self.step(row.flow, row.run, named, limit=1).tasks:
            raise NotFound(
                f"step `{named}` of `{row.flow}/{row.run}` has no tasks: it was not reached",
                hint=f"`stepwell show {row.flow}/{row.run}` tells how far the run came",
            )
        for step in steps:
            if step != "_parameters" or spec.step is not None:
                for task in self._records.iter_tasks(row.flow, row.run, step):
                    yield row, task

    def result(self, row: RunRow, task: TaskRow) -> TaskResult | None:
        """An attempt's result, None while it has none."""
        if task.status == "running":
            return None
        try:
            return self._results.result(row.flow, _ref(row, task))
        except NotFound:
            return None

    def artifact_refs(self, row: RunRow, task: TaskRow) -> dict[str, ArtifactRef]:
        """All artifacts of an attempt, the inherited ones included, by name."""
        if self.result(row, task) is None:
            return {}
        table = self._tables.table(row.flow, _ref(row, task))
        return {name: table[name] for name in sorted(table)}

    def artifacts(self, row: RunRow, task: TaskRow, result: TaskResult | None) -> list[ArtifactAnswer]:
        """The same as answers."""
        own = set(result.artifacts) if result is not None and not result.origin else None
        where = f"{row.flow}/{row.run}/{task.step}/{task.task}"
        return [
            artifact_answer(where, name, ref, name not in own if own is not None else None)
            for name, ref in self.artifact_refs(row, task).items()
        ]

    def _check_flow(self, flow: str) -> None:
        known = self._datastore.flows()
        if flow not in known:
            raise NotFound(
                f"there is no flow `{flow}` in `{self._datastore.url}`",
                hint=did_you_mean(flow, known)
                or "`stepwell ls` lists the flows; `--datastore` names another datastore",
            )

    def _failed_for_good(self, row: RunRow, task: TaskRow) -> bool:
        return self._records.attempts(row.flow, row.run, task.step, task.task)[-1].attempt == task.attempt

    def _run_answer(self, row: RunRow) -> RunAnswer:
        header = self._records.header(row.flow, row.run)
        user_tags, system_tags = self._records.tags(row.flow, row.run)
        end = row.finished_at if row.finished_at is not None else time.time()
        return RunAnswer(
            pathspec=f"{row.flow}/{row.run}",
            flow=row.flow,
            run=row.run,
            status=row.status,
            reason=row.reason,
            user=row.user,
            namespace=row.namespace,
            created_at=row.created_at,
            finished_at=row.finished_at,
            duration=max(0.0, end - row.created_at),
            tags=sorted(user_tags),
            system_tags=sorted(system_tags),
            parameters=header.parameters,
            origin_run=row.origin_run,
        )

    def _steps(self, row: RunRow, nodes: dict[str, GraphNode]) -> list[StepAnswer]:
        counts = self._records.count_tasks(row.flow, row.run)
        begun: dict[str, StepRow] = {step.step: step for step in self._records.steps(row.flow, row.run)}
        names = [*(name for name in begun if name not in nodes and name != "_parameters"), *nodes]
        answers = []
        for name in names:
            node, step = nodes.get(name), begun.get(name)
            settled: dict[str, int] = {}
            for status, number in counts.get(name, {}).items():
                final = task_status(status, row.status)  # type: ignore[arg-type]
                settled[final] = settled.get(final, 0) + number
            answers.append(
                StepAnswer(
                    pathspec=f"{row.flow}/{row.run}/{name}",
                    step=name,
                    doc=node.doc if node is not None else "",
                    next=list(node.next) if node is not None else [],
                    tasks=sum(settled.values()),
                    counts=settled,
                    started_at=step.started_at or None if step is not None else None,
                    finished_at=step.finished_at or None if step is not None else None,
                    peak_memory=step.peak_memory if step is not None else 0,
                )
            )
        return answers

    def _task_answer(self, row: RunRow, task: TaskRow) -> TaskAnswer:
        return TaskAnswer(
            pathspec=f"{row.flow}/{row.run}/{task.step}/{task.task}",
            task=task.task,
            attempt=task.attempt,
            status=task_status(task.status, row.status),
            label=task.label,
            index=task.foreach_index,
            started_at=task.started_at,
            finished_at=task.finished_at,
            wall=task.wall,
            cpu=task.cpu,
            peak_memory=task.peak_memory,
            error=task.error,
            origin=task.origin,
        )


def artifact_answer(place: str, name: str, ref: ArtifactRef, inherited: bool | None) -> ArtifactAnswer:
    """An artifact of a task as an answer."""
    return ArtifactAnswer(
        pathspec=f"{place}/{name}",
        name=name,
        type=ref.type,
        size=ref.size,
        shape=list(ref.shape),
        preview=ref.preview,
        digest=ref.digest,
        serializer=ref.serializer,
        inherited=inherited,
        modules=list(ref.modules),
    )


def printed_at(row: RunRow, task: TaskRow) -> tuple[str, str, str, int, int]:
    """Flow, run, step, task and attempt that printed: of a reused task, those that it stands for."""
    if not task.origin:
        return row.flow, row.run, task.step, task.task, task.attempt
    run, step, number, attempt = task.origin.split("/")
    return row.flow, run, step, int(number), int(attempt)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint with the known names that a mistyped one may stand for, empty when there are none."""
    from stepwell.base.plugins import nearest

    close = nearest(name, known)
    return "did you mean " + " or ".join(f"`{match}`" for match in close) + "?" if close else ""


def parameters_text(parameters: dict[str, Any]) -> str:
    """Parameters in one line."""
    return " ".join(f"{name}={value}" for name, value in parameters.items())


def _nearest_or_all(name: str, known: list[str], lead: str) -> str:
    listed = ", ".join(f"`{one}`" for one in known[:MOST_NAMES]) + (", …" if len(known) > MOST_NAMES else "")
    return did_you_mean(name, known) or f"{lead} {listed or 'none'}"


def _ref(row: RunRow, task: TaskRow) -> ResultRef:
    return ResultRef(run=row.run, step=task.step, task=task.task, attempt=task.attempt, locator=task.locator)
