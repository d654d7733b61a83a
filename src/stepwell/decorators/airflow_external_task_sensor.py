"""`@airflow_external_task_sensor`: wait for tasks of another DAG, on Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.decorators.flow_protocol import FlowDecorator, apply_to_flow
from stepwell.decorators.options import FLAG, choice, text, texts, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    C = TypeVar("C", bound=type)


class AirflowExternalTaskSensor(FlowDecorator):
    """The decorator behind `@airflow_external_task_sensor`; it acts when the flow is deployed to Airflow."""

    name = "airflow_external_task_sensor"
    defaults = {  # noqa: RUF012 - a constant of the class
        "timeout": 3600,
        "poke_interval": 60,
        "mode": "reschedule",
        "exponential_backoff": True,
        "pool": None,
        "soft_fail": False,
        "name": None,
        "description": None,
        "external_dag_id": None,
        "external_task_ids": None,
        "allowed_states": ["success"],
        "failed_states": None,
        "execution_delta": None,
        "check_existence": True,
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
        "external_dag_id": text("export"),
        "external_task_ids": texts("done"),
        "allowed_states": texts("success"),
        "failed_states": texts("failed"),
        "check_existence": FLAG,
    }

    allow_multiple = True


@overload
def airflow_external_task_sensor(flow: C, /) -> C: ...


@overload
def airflow_external_task_sensor(**options: Any) -> Callable[[C], C]: ...


def airflow_external_task_sensor(flow: C | None = None, /, **options: Any) -> C | Callable[[C], C]:
    """Wait for tasks of another DAG before the flow starts, on Airflow; local runs ignore it.

    Args:
        flow: The flow's class, when used bare.
        **options: Those of the sensor, such as `external_dag_id` and `timeout` (seconds).

    Returns:
        The class itself.
    """
    made: C | Callable[[C], C] = apply_to_flow(AirflowExternalTaskSensor, flow, options)
    return made
