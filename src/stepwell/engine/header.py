"""The header of a run: what is known when it starts, gathered once."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from stepwell.base.formats import storable_text
from stepwell.base.process import this_process
from stepwell.base.version import __version__
from stepwell.documents.run import ProcessIdentity, RunHeader
from stepwell.store.packages import store_packages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stepwell.base.clock import Clock
    from stepwell.base.settings import Settings
    from stepwell.decorators.flow_protocol import RunSetup
    from stepwell.documents.graph import DecoratorSpec, GraphDocument
    from stepwell.documents.run import CodeSnapshot, GitState
    from stepwell.engine.request import RunRequest
    from stepwell.store.datastore import Datastore


class RunFacts(NamedTuple):
    """What was found out about a run before it starts.

    Attributes:
        graph: The flow's graph.
        code: The code snapshot.
        git: The checkout that the flow stands in.
        shown: Parameter values as plain JSON.
        decorators: Decorators from outside the file.
        setup: What the flow's decorators say of the run.
        origin: The header of the run that is resumed; its seed is kept.
    """

    graph: GraphDocument
    code: CodeSnapshot
    git: GitState | None
    shown: Mapping[str, Any]
    decorators: tuple[DecoratorSpec, ...]
    setup: RunSetup
    origin: RunHeader | None


def header_maker(
    request: RunRequest, settings: Settings, datastore: Datastore, facts: RunFacts, clock: Clock
) -> Callable[[str], RunHeader]:
    """A function that makes the run's header for whichever id turns out to be free.

    Args:
        request: What was asked for.
        settings: How it runs.
        datastore: Gets the list of installed packages.
        facts: What was found out.
        clock: Time.
    """
    origin = facts.origin
    own = this_process()
    packages = store_packages(datastore.blobs)
    python = ".".join(map(str, sys.version_info[:3]))
    user = settings.user
    system_tags = (f"user:{user}", f"stepwell_version:{__version__}", f"python_version:{python}", "runtime:local")

    def make(run: str) -> RunHeader:
        return RunHeader(
            flow=request.flow.__name__,
            run=run,
            created_at=clock.now(),
            user=user,
            namespace=settings.namespace or f"user:{user}",
            tags=tuple(map(storable_text, request.tags)),
            system_tags=(*system_tags, *facts.setup.system_tags),
            current=facts.setup.current,
            parameters=dict(facts.shown),
            graph=facts.graph,
            code=facts.code,
            git=facts.git,
            packages=packages,
            python=python,
            stepwell=__version__,
            platform=sys.platform,
            command=tuple(map(storable_text, request.command)),
            decorators=facts.decorators,
            owner=ProcessIdentity(host=own.host, pid=own.pid, boot=own.boot, started=own.started),
            seed=int.from_bytes(os.urandom(8), "little") >> 1 if origin is None else origin.seed,
            origin_run=None if origin is None else origin.run,
            resume_step=request.resume_step,
            parent=request.parent,
        )

    return make
