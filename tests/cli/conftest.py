from __future__ import annotations

from tests.flows.conftest import work

__all__ = ("work",)
