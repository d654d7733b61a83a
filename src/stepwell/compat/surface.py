"""Small things of Metaflow's surface that have no counterpart and need none."""

from __future__ import annotations

from stepwell.base.version import __version__
from stepwell.compat.modules import METAFLOW_VERSION

#: Metaflow's version, so that files which compare it go on, with Stepwell's behind it.
VERSION = f"{METAFLOW_VERSION}+stepwell.{__version__}"

UBF_CONTROL = "ubf_control"
UBF_TASK = "ubf_task"


def get_version(public: bool = False) -> str:
    """The version that `metaflow.__version__` gives.

    Args:
        public: Only the part that Metaflow's own releases have.
    """
    return METAFLOW_VERSION if public else VERSION


class UnboundedForeachInput:
    """A marker for foreach inputs of unknown length; Stepwell takes any iterable and needs none."""
