"""`@batch`: run the step as a job of AWS Batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.decorators.applying import apply
from stepwell.decorators.options import FLAG, either, number, table, text, texts, whole
from stepwell.decorators.protocol import StepDecorator

if TYPE_CHECKING:
    from collections.abc import Callable

    F = TypeVar("F", bound=Callable[..., Any])


class Batch(StepDecorator):
    """The decorator behind `@batch`; all options are checked and kept, and a local run ignores them."""

    name = "batch"
    backend = "AWS Batch"
    defaults = {  # noqa: RUF012 - a constant of the class
        "cpu": 1,
        "gpu": 0,
        "memory": 4096,
        "image": None,
        "queue": None,
        "iam_role": None,
        "execution_role": None,
        "shared_memory": None,
        "max_swap": None,
        "swappiness": None,
        "inferentia": None,
        "trainium": None,
        "efa": None,
        "host_volumes": None,
        "efs_volumes": None,
        "use_tmpfs": False,
        "tmpfs_tempdir": True,
        "tmpfs_size": None,
        "tmpfs_path": "/metaflow_temp",
        "ephemeral_storage": None,
        "aws_batch_tags": None,
        "log_driver": None,
        "log_options": None,
        "executable": None,
        "privileged": False,
    }
    kinds = {  # noqa: RUF012 - a constant of the class
        "cpu": number("2"),
        "gpu": whole("1"),
        "memory": number("8192"),
        "image": text("python:3.11"),
        "queue": text("my-queue"),
        "iam_role": text("arn:aws:iam::123456789012:role/job"),
        "execution_role": text("arn:aws:iam::123456789012:role/run"),
        "shared_memory": number("1024"),
        "max_swap": number("1024"),
        "swappiness": whole("60"),
        "inferentia": whole("1"),
        "trainium": whole("1"),
        "efa": whole("1"),
        "host_volumes": either(texts("/data"), text("/data")),
        "efs_volumes": either(texts("fs-1:/data"), text("fs-1:/data")),
        "use_tmpfs": FLAG,
        "tmpfs_tempdir": FLAG,
        "tmpfs_size": number("1024"),
        "tmpfs_path": text("/scratch"),
        "ephemeral_storage": whole("100"),
        "aws_batch_tags": table('{"team": "search"}'),
        "log_driver": text("awslogs"),
        "log_options": either(texts("awslogs-group:mine"), text("awslogs-group:mine")),
        "executable": text("python"),
        "privileged": FLAG,
    }


@overload
def batch(function: F, /) -> F: ...


@overload
def batch(**options: Any) -> Callable[[F], F]: ...


def batch(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Say how the step runs on AWS Batch. There is no backend for it yet: a local run keeps it and runs the step here.

    Args:
        function: The step, when used bare.
        **options: Those of Metaflow, such as `cpu`, `gpu`, `memory` (megabytes), `image` and `queue`.

    Returns:
        The step itself.
    """
    return apply(Batch, function, options)
