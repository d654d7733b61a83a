"""`@kubernetes`: run the step as a job of a Kubernetes cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.decorators.applying import apply
from stepwell.decorators.options import FLAG, TABLES, choice, either, number, table, text, texts, whole
from stepwell.decorators.protocol import StepDecorator

if TYPE_CHECKING:
    from collections.abc import Callable

    F = TypeVar("F", bound=Callable[..., Any])


class Kubernetes(StepDecorator):
    """The decorator behind `@kubernetes`; all options are checked and kept, and a local run ignores them."""

    name = "kubernetes"
    backend = "Kubernetes"
    defaults = {  # noqa: RUF012 - a constant of the class
        "cpu": 1,
        "memory": 4096,
        "disk": 10240,
        "image": None,
        "image_pull_policy": None,
        "image_pull_secrets": [],
        "service_account": None,
        "secrets": None,
        "node_selector": None,
        "namespace": None,
        "gpu": None,
        "gpu_vendor": None,
        "tolerations": [],
        "labels": None,
        "annotations": None,
        "use_tmpfs": None,
        "tmpfs_tempdir": True,
        "tmpfs_size": None,
        "tmpfs_path": "/metaflow_temp",
        "persistent_volume_claims": None,
        "shared_memory": None,
        "port": None,
        "compute_pool": None,
        "executable": None,
        "hostname_resolution_timeout": 600,
        "qos": "burstable",
        "extended_resources": {},
        "security_context": None,
    }
    kinds = {  # noqa: RUF012 - a constant of the class
        "cpu": number("2"),
        "memory": number("8192"),
        "disk": number("20480"),
        "image": text("python:3.11"),
        "image_pull_policy": choice("always", "ifnotpresent", "never"),
        "image_pull_secrets": texts("registry"),
        "service_account": text("runner"),
        "secrets": either(texts("token"), text("token")),
        "node_selector": either(table('{"disk": "ssd"}'), text("disk=ssd")),
        "namespace": text("jobs"),
        "gpu": whole("1"),
        "gpu_vendor": choice("nvidia", "amd"),
        "tolerations": TABLES,
        "labels": table('{"team": "search"}'),
        "annotations": table('{"note": "nightly"}'),
        "use_tmpfs": FLAG,
        "tmpfs_tempdir": FLAG,
        "tmpfs_size": number("1024"),
        "tmpfs_path": text("/scratch"),
        "persistent_volume_claims": table('{"my-claim": "/data"}'),
        "shared_memory": number("1024"),
        "port": whole("8000"),
        "compute_pool": text("large"),
        "executable": text("python"),
        "hostname_resolution_timeout": whole("600"),
        "qos": choice("guaranteed", "burstable"),
        "extended_resources": table('{"vendor.com/device": 1}'),
        "security_context": table('{"run_as_user": 1000}'),
    }


@overload
def kubernetes(function: F, /) -> F: ...


@overload
def kubernetes(**options: Any) -> Callable[[F], F]: ...


def kubernetes(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Say how the step runs on Kubernetes. There is no backend for it yet: a local run keeps it and runs the step here.

    Args:
        function: The step, when used bare.
        **options: Those of Metaflow, such as `cpu`, `gpu`, `memory` and `disk` (megabytes), `image` and `secrets`.

    Returns:
        The step itself.
    """
    return apply(Kubernetes, function, options)
