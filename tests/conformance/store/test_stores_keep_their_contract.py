"""The stores that come with Stepwell keep the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.conformance.store.store_contract import StoreContract

from stepwell.store import local
from stepwell.store.local import LocalStore
from stepwell.store.memory import MemoryStore
from stepwell.store.segment_log import SegmentLog

if TYPE_CHECKING:
    from pathlib import Path


class TestLocalStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalStore:
        return LocalStore(tmp_path / "store")


class TestDurableLocalStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalStore:
        return LocalStore(tmp_path / "store", durable=True)


class TestLocalStoreWhereFilesHaveOneName(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalStore:
        # What `os.link` does on a file system without links.
        monkeypatch.setattr(local, "_link", local._move_by_claim)
        return LocalStore(tmp_path / "store")


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class LocalStoreWithSegments(LocalStore):
    def open_log(self, key: str) -> SegmentLog:  # type: ignore[override]
        return SegmentLog(self, key)


class TestLogsOfSegments(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalStore:
        return LocalStoreWithSegments(tmp_path / "store")
