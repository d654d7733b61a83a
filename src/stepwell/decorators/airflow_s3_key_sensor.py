"""`@airflow_s3_key_sensor`: wait for a file on S3, on Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.decorators.flow_protocol import FlowDecorator, apply_to_flow
from stepwell.decorators.options import FLAG, choice, either, text, texts, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    C = TypeVar("C", bound=type)


class AirflowS3KeySensor(FlowDecorator):
    """The decorator behind `@airflow_s3_key_sensor`; it acts when the flow is deployed to Airflow."""

    name = "airflow_s3_key_sensor"
    defaults = {  # noqa: RUF012 - a constant of the class
        "timeout": 3600,
        "poke_interval": 60,
        "mode": "reschedule",
        "exponential_backoff": True,
        "pool": None,
        "soft_fail": False,
        "name": None,
        "description": None,
        "bucket_key": None,
        "bucket_name": None,
        "wildcard_match": False,
        "aws_conn_id": None,
        "verify": None,
    }
    kinds = {  # noqa: RUF012 - a constant of the class
        "timeout": whole("3600"),
        "poke_interval": whole("60"),
        "mode": choice("reschedule", "poke"),
        "exponential_backoff": FLAG,
        "pool": text("default"),
        "soft_fail": FLAG,
        "name": text("wait"),
        "description": text("waits for the export"),
        "bucket_key": either(text("export/done"), texts("export/done")),
        "bucket_name": text("my-bucket"),
        "wildcard_match": FLAG,
        "aws_conn_id": text("aws"),
        "verify": either(FLAG, text("/etc/ca.pem")),
    }

    allow_multiple = True


@overload
def airflow_s3_key_sensor(flow: C, /) -> C: ...


@overload
def airflow_s3_key_sensor(**options: Any) -> Callable[[C], C]: ...


def airflow_s3_key_sensor(flow: C | None = None, /, **options: Any) -> C | Callable[[C], C]:
    """Wait for a file on S3 before the flow starts, on Airflow; local runs ignore it.

    Args:
        flow: The flow's class, when used bare.
        **options: Those of the sensor, such as `bucket_key`, `bucket_name` and `timeout` (seconds).

    Returns:
        The class itself.
    """
    made: C | Callable[[C], C] = apply_to_flow(AirflowS3KeySensor, flow, options)
    return made
