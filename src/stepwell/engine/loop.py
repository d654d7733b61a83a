"""The run loop: turns the scheduler's commands into submitted attempts, and the backend's news into events.

One thread, one reactor. Results are never passed by hand: a task appends its own to the run's log, and the loop reads
the log. So whatever is killed, what was finished is on record.
"""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING

from stepwell.base.errors import StoreError
from stepwell.base.reactor import Reactor
from stepwell.documents.events import Notice, Progress, StepProgress, TaskBegan, TaskEnded, TasksCloned
from stepwell.documents.run import CancelAsked as CancelRecord
from stepwell.documents.run import RunEnded, StepKept, StepLeft, TaskStarted
from stepwell.documents.task import ErrorRecord, SplitFrame, TaskResult, Usage
from stepwell.engine.attempts import Attempt
from stepwell.engine.died import MEGABYTE, explain_death, explain_over_memory, result_of_death
from stepwell.engine.enforcement import memory_of_tree
from stepwell.engine.index_writer import IndexWriter
from stepwell.engine.output_tail import OutputTail
from stepwell.engine.scheduler.messages import (
    CancelAsked,
    Clone,
    Failed,
    Finish,
    Launch,
    Observed,
    RetryDue,
    RetryLater,
    Start,
    Succeeded,
    Terminate,
)
from stepwell.engine.summary import Summary

if TYPE_CHECKING:
    from typing import Literal

    from stepwell.backends.protocol import Backend
    from stepwell.documents.events import RunFinished
    from stepwell.documents.run import RunStatus
    from stepwell.documents.task import ExitStatus
    from stepwell.engine.context import RunContext
    from stepwell.engine.scheduler.messages import Command, Event
    from stepwell.engine.scheduler.scheduler import Scheduler

# Seconds between looks at running attempts: their output, what they use, and the log for what others wrote.
LOOK_EVERY = 0.2
# How often an attempt that was lost without its own fault is started again.
MOST_LOSSES = 3
# Seconds before that, times the number of losses so far.
LOSS_WAIT = 0.1
# Failed tasks that the record of the end names; all of them are on record one by one.
MOST_FAILED = 1000
# An attempt shorter than this, in seconds, says nothing of how many cores its step keeps busy.
SHORT = 0.05
# Looks between two syncs of the log to disk.
SYNC_EVERY = 5


class RunLoop:
    """Runs one run from its first task to its last.

    Args:
        context: The run.
        scheduler: Decides.
        backend: Executes.
    """

    def __init__(self, context: RunContext, scheduler: Scheduler, backend: Backend) -> None:
        self._context = context
        self._scheduler = scheduler
        self._backend = backend
        self._header = header = context.header
        self._datastore = context.datastore
        self._log = context.log
        self._ledger = context.ledger
        self._history = context.history
        self._observer = observer = context.observer
        self._clock = clock = context.clock
        self._grace = context.grace
        self._memory_kills_seen = context.memory_kills()
        self._reactor = Reactor()
        self._index = IndexWriter(context.log, context.records, header)
        self._tail = OutputTail(context.datastore, header.flow, header.run, observer, clock)
        self._summary = Summary(header, clock)
        self._attempts: dict[int, Attempt] = {}
        self._results: dict[tuple[int, int], tuple[str, TaskResult]] = {}
        self._losses: dict[int, int] = {}
        self._finish: Finish | None = None
        self._cancelled_by = ""
        self._looks = 0

    def run(self) -> RunFinished:
        """Run to the end and return the summary.

        Raises:
            StoreError: The datastore broke in a way that leaves no sense in going on. The run's processes are ended.
        """
        try:
            self._watch_signals()
            self._backend.attach(self._reactor, self)
            self._reactor.later(LOOK_EVERY, self._look)
            self._feed(Start())
            self._reactor.run()
            assert self._finish is not None
            status: RunStatus = self._finish.status
            reason = self._cancelled_by if status == "cancelled" else ""
        except StoreError as error:
            self._give_up(f"the datastore failed: {error.message}")
            raise
        except Exception as error:
            self._give_up(f"Stepwell itself failed: {type(error).__name__}: {error}")
            raise
        finally:
            self._backend.close()
            self._reactor.close()
        return self._conclude(status, reason)

    def _give_up(self, reason: str) -> None:
        """End everything and record as much as can be recorded."""
        self._backend.close()
        try:
            self._record_end("failed", reason)
        except StoreError:
            return

    # --- news from outside --------------------------------------------------------------------------------------

    def _watch_signals(self) -> None:
        try:
            self._reactor.on_signal(signal.SIGINT, lambda: self._cancel("Ctrl-C"))
            self._reactor.on_signal(signal.SIGTERM, lambda: self._cancel("SIGTERM"))
            if hasattr(signal, "SIGHUP"):
                self._reactor.on_signal(signal.SIGHUP, lambda: self._cancel("SIGHUP"))
        except ValueError:
            return  # not the main thread: whoever owns it owns its signals

    def _cancel(self, by: str) -> None:
        if self._cancelled_by:
            self._grace = 0.0  # asked twice: no more patience
            for attempt in self._attempts.values():
                self._backend.terminate(attempt.spec.task, attempt.spec.attempt, grace=0.0)
            return
        self._cancelled_by = by
        running = len(self._attempts)
        if running:
            self._tell(
                "warning",
                f"stopping because of {by}: {running} running task{'s' if running > 1 else ''} "
                f"{'have' if running > 1 else 'has'} {self._grace:g} s to end",
                "once more to stop at once",
            )
        self._feed(CancelAsked())

    def task_began(self, task: int, attempt: int, pid: int) -> None:
        """The attempt has a process."""
        known = self._attempts.get(task)
        if known is None or known.spec.attempt != attempt:
            return
        known.pid = pid
        self._watch_time(known)
        self._observer(TaskBegan(at=self._clock.now(), step=known.spec.step, task=task, attempt=attempt, pid=pid))

    def _watch_time(self, attempt: Attempt) -> None:
        """The step ends itself when its time is over; if it does not within the grace period, it is ended."""
        if attempt.deadline is not None:
            attempt.deadline.cancel()
        if attempt.spec.timeout is not None:
            seconds = attempt.spec.timeout + self._grace
            attempt.deadline = self._reactor.later(seconds, partial(self._end_overdue, attempt))

    def _end_overdue(self, attempt: Attempt) -> None:
        spec = attempt.spec
        if self._attempts.get(spec.task) is not attempt or attempt.asked_to_end:
            return
        self._read_log()
        if not attempt.step_left:
            attempt.overdue = True
            self._backend.terminate(spec.task, spec.attempt, grace=self._grace)

    def task_exited(self, task: int, attempt: int, status: ExitStatus, usage: Usage | None) -> None:
        """The attempt's process is gone; its result stands in the log, or nowhere."""
        known = self._attempts.get(task)
        if known is None or known.spec.attempt != attempt:
            return
        self._read_log()
        found = self._results.pop((task, attempt), None)
        del self._attempts[task]
        if found is None:
            found = self._record_death(known, status, usage or Usage())
        self._settle(known, *found)

    def task_lost(self, task: int, attempt: int, reason: str) -> None:
        """The backend failed under the attempt. If it was done all the same, good; otherwise it starts again."""
        known = self._attempts.get(task)
        if known is None or known.spec.attempt != attempt:
            return
        self._read_log()
        found = self._results.pop((task, attempt), None)
        if found is None:
            self._losses[task] = self._losses.get(task, 0) + 1
            if self._losses[task] <= MOST_LOSSES and self._finish is None and not known.asked_to_end:
                self._tell("warning", f"`{known.spec.step}/{task}` is started again: {reason}")
                self._reactor.later(LOSS_WAIT * self._losses[task], partial(self._start_again, known, reason))
                return
            found = self._record_loss(known, reason)
        del self._attempts[task]
        self._settle(known, *found)

    def _start_again(self, attempt: Attempt, reason: str) -> None:
        """Submit a lost attempt once more, unless the run is ending by now."""
        if not attempt.asked_to_end:
            self._backend.submit(attempt.spec)
            return
        found = self._record_loss(attempt, reason)
        del self._attempts[attempt.spec.task]
        self._settle(attempt, *found)

    def _record_loss(self, attempt: Attempt, reason: str) -> tuple[str, TaskResult]:
        error = ErrorRecord(kind="cancelled" if attempt.asked_to_end else "internal", message=reason)
        return self._append_result(attempt, error, None, Usage())

    def notice(self, message: str, hint: str = "") -> None:
        """Something that the user should know."""
        self._tell("warning", message, hint)

    def _tell(self, level: Literal["info", "warning", "error"], message: str, hint: str = "") -> None:
        self._observer(Notice(at=self._clock.now(), level=level, message=message, hint=hint))

    # --- results ----------------------------------------------------------------------------------------------------

    def _read_log(self) -> None:
        """Take in what was appended to the run's log, by tasks, by this loop, or by anybody else."""
        for locator, record in self._index.read():
            if isinstance(record, TaskResult):
                running = self._attempts.get(record.task)
                if running is not None and running.spec.attempt == record.attempt:
                    self._results[record.task, record.attempt] = (locator, record)
            elif isinstance(record, (StepLeft, StepKept)):
                running = self._attempts.get(record.task)
                if running is not None and running.spec.attempt == record.attempt:
                    running.note(record)
            elif isinstance(record, CancelRecord) and not self._cancelled_by:
                self._reactor.soon(partial(self._cancel, f"a request of {record.user}"))

    def _record_death(self, attempt: Attempt, status: ExitStatus, usage: Usage) -> tuple[str, TaskResult]:
        spec = attempt.spec
        error = explain_death(
            spec,
            status,
            asked=attempt.asked_to_end,
            because=attempt.because,
            overdue=attempt.overdue,
            memory_kills=self._new_memory_kills() if status.signal == signal.SIGKILL else 0,
            peak_memory=usage.peak_memory,
        )
        if attempt.over_memory:
            error = explain_over_memory(spec, attempt.over_memory)
        self._datastore.delete_empty_output(spec.flow, spec.run, spec.step, spec.task, spec.attempt)
        return self._append_result(attempt, error, status, usage)

    def _new_memory_kills(self) -> int:
        """How often the kernel has killed for memory since this was last asked."""
        before, self._memory_kills_seen = self._memory_kills_seen, self._context.memory_kills()
        return self._memory_kills_seen - before

    def _append_result(
        self, attempt: Attempt, error: ErrorRecord, status: ExitStatus | None, usage: Usage
    ) -> tuple[str, TaskResult]:
        wall = self._clock.monotonic() - attempt.began
        result = result_of_death(
            attempt.spec,
            status,
            error,
            Usage(wall=wall, cpu_user=usage.cpu_user, cpu_system=usage.cpu_system, peak_memory=usage.peak_memory),
            started_at=attempt.began_at,
            now=self._clock.now(),
            artifacts=attempt.kept,
        )
        locator = self._log.append([result])[0]
        return locator, result

    def _settle(self, attempt: Attempt, locator: str, result: TaskResult) -> None:
        """An attempt is over: record where its result stands and ask the scheduler what follows."""
        spec = attempt.spec
        if self._context.cores is not None:
            self._context.cores.give_back(spec.cores)
        self._ledger.settle(spec.task, spec.attempt, locator)
        if self._context.show_output:
            self._tail.finish(spec.step, spec.task, spec.attempt)
        used = result.usage
        event: Event
        if result.outcome == "succeeded":
            assert result.transition is not None
            if len(spec.inputs) == 1 and spec.inputs[0].step == spec.step:
                # A step that repeats itself: no one but the next iteration looks at one, and that is done now.
                self._ledger.forget(spec.inputs[0].task)
            cpu = (used.cpu_user + used.cpu_system) / used.wall if used.wall > SHORT else 0.0
            event = Succeeded(spec.task, spec.attempt, result.transition, used.peak_memory, cpu)
        else:
            event = Failed(spec.task, spec.attempt, result.outcome == "failed", used.peak_memory)
        commands = self._scheduler.on(event)
        retry = next((c for c in commands if isinstance(c, RetryLater) and c.task == spec.task), None)
        split = result.transition is not None and (result.transition.foreach is not None or result.transition.gang)
        ended = TaskEnded(
            at=self._clock.now(),
            step=spec.step,
            task=spec.task,
            attempt=spec.attempt,
            outcome=result.outcome,
            wall=used.wall,
            peak_memory=used.peak_memory,
            label=result.label,
            error=result.error,
            retry_in=None if retry is None else retry.seconds,
            branches=result.transition.size if split and result.transition is not None else None,
        )
        self._summary.note(ended, used)
        self._observer(ended)
        self._obey(commands)

    # --- commands -----------------------------------------------------------------------------------------------------

    def _feed(self, event: Event) -> None:
        self._obey(self._scheduler.on(event))

    def _obey(self, commands: list[Command]) -> None:
        clones: list[Clone] = []
        for command in commands:
            if isinstance(command, Launch):
                self._take_over(clones)
                self._launch(command)
            elif isinstance(command, Clone):
                clones.append(command)
            elif isinstance(command, RetryLater):
                self._reactor.later(command.seconds, partial(self._feed, RetryDue(command.task)))
            elif isinstance(command, Terminate):
                self._end_attempt(command)
            else:
                self._take_over(clones)
                self._finish = command
                self._reactor.stop()

    def _launch(self, command: Launch) -> None:
        if not self._ledger.knows(command.task):
            self._ledger.add(command.task, command.step)
        spec = self._context.specs.make(command, self._ledger, self._context.cores)
        self._attempts[command.task] = Attempt(spec, began=self._clock.monotonic(), began_at=self._clock.now())
        self._backend.submit(spec)

    def _end_attempt(self, command: Terminate) -> None:
        attempt = self._attempts.get(command.task)
        if attempt is not None and attempt.spec.attempt == command.attempt:
            attempt.asked_to_end = True
            if command.because:
                attempt.because = f"{self._ledger.step(command.because)}/{command.because}"
            self._backend.terminate(command.task, command.attempt, grace=self._grace)

    def _take_over(self, clones: list[Clone]) -> None:
        """Record all clones with one write; readers see all of them or none."""
        if not clones:
            return
        assert self._history is not None
        # Numbers first: a clone's frames and inputs name tasks of the same burst, whose locators are not known yet.
        for clone in clones:
            self._ledger.add(clone.task, clone.step)
        results = [
            self._history.clone(
                clone.handle,
                run=self._header.run,
                task=clone.task,
                frames=tuple(
                    SplitFrame(
                        kind=frame.kind,
                        split=self._ledger.ref(frame.split_task),
                        index=frame.index,
                        size=frame.size,
                        variable=frame.variable,
                    )
                    for frame in clone.frames
                ),
                inputs=tuple((self._ledger.step(task), task) for task in clone.inputs),
            )
            for clone in clones
        ]
        counts: dict[str, int] = {}
        for clone, locator in zip(clones, self._log.append(results), strict=True):
            self._ledger.settle(clone.task, 0, locator)
            counts[clone.step] = counts.get(clone.step, 0) + 1
        self._observer(TasksCloned(at=self._clock.now(), origin_run=self._history.run, steps=counts))
        clones.clear()

    # --- now and then -------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Show output and progress, learn what running tasks use, and bring the index up to date."""
        self._reactor.later(LOOK_EVERY, self._look)
        started = []
        for task, attempt in self._attempts.items():
            spec = attempt.spec
            if self._context.show_output:
                self._tail.follow(spec.step, task, spec.attempt)
            if not attempt.recorded and attempt.pid:
                attempt.recorded = True
                started.append(
                    TaskStarted(
                        step=spec.step,
                        task=task,
                        attempt=spec.attempt,
                        path=spec.path,
                        at=attempt.began_at,
                        pid=attempt.pid,
                    )
                )
        if started:
            self._log.append(started)
        self._read_log()
        self._index.write()
        self._looks += 1
        if self._looks % SYNC_EVERY == 0:
            self._log.sync()
        for task, pid in self._backend.processes().items():
            running = self._attempts.get(task)
            if running is not None and running.spec.limits.memory is not None:
                self._watch_memory(running, pid)
            if running is not None and running.spec.resources.cpu is None:
                cpu = running.cpu_since_last_look(pid, self._clock.monotonic())
                if cpu is not None:
                    self._feed(Observed(task, cpu))
        self._observer(Progress(at=self._clock.now(), elapsed=self._summary.elapsed(), steps=self._step_progress()))

    def _watch_memory(self, attempt: Attempt, pid: int) -> None:
        """End an attempt that uses more memory than it may."""
        spec = attempt.spec
        used = memory_of_tree(pid)
        if used > (spec.limits.memory or 0.0) * MEGABYTE and not (attempt.over_memory or attempt.asked_to_end):
            attempt.over_memory = used
            self._backend.terminate(spec.task, spec.attempt, grace=0.0)

    def _step_progress(self) -> tuple[StepProgress, ...]:
        return tuple(
            StepProgress(
                step=counts.step,
                total=counts.total,
                running=counts.running,
                succeeded=counts.succeeded,
                failed=counts.failed,
                reused=counts.reused,
            )
            for counts in self._scheduler.counts()
        )

    def _record_end(self, status: RunStatus, reason: str) -> None:
        """Put the end of the run on record, durably."""
        failed = self._finish.failed[:MOST_FAILED] if self._finish is not None else ()
        named = tuple((self._ledger.step(task), task) for task in failed)
        self._log.append([RunEnded(status=status, at=self._clock.now(), reason=reason, failed=named)])
        self._log.sync()
        self._index.finish()

    def _conclude(self, status: RunStatus, reason: str) -> RunFinished:
        """Record the end of the run and sum it up."""
        self._record_end(status, reason)
        finished = self._summary.finish(status, reason, self._step_progress())
        self._observer(finished)
        return finished
