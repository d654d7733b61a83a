"""What every store must do. Subclass `StoreContract` with a fixture `store` that returns a new, empty one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from stepwell.base.errors import AlreadyExists, NotFound, StoreError

if TYPE_CHECKING:
    from stepwell.store.protocol import Store


class StoreContract:
    """The promises of `stepwell.store.protocol.Store` and of the logs that it opens."""

    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError

    def test_what_was_put_is_read_back_as_the_concatenation_of_its_parts(self, store: Store) -> None:
        numbers = memoryview(b"0123456789abcdef").cast("I")
        store.put("flows/F/1/x", [b"ab", bytearray(b"cd"), memoryview(b"ef"), b"", numbers])
        assert store.get("flows/F/1/x") == b"abcdef0123456789abcdef"
        assert store.size("flows/F/1/x") == 22

    def test_a_second_put_replaces_the_content(self, store: Store) -> None:
        store.put("a/b", [b"long content"])
        store.put("a/b", [b"x"])
        assert store.get("a/b") == b"x"

    def test_content_may_be_empty(self, store: Store) -> None:
        store.put("a/none", [])
        store.put_new("a/empty", [b""])
        assert store.get("a/none") == store.get("a/empty") == b""
        assert store.size("a/none") == 0

    def test_a_missing_key_is_not_found_and_has_no_size(self, store: Store) -> None:
        with pytest.raises(NotFound):
            store.get("a/b")
        with pytest.raises(NotFound):
            store.get_range("a/b", 0, 1)
        assert store.size("a/b") is None

    def test_a_key_below_another_key_is_not_found(self, store: Store) -> None:
        store.put("a/b", [b"x"])
        with pytest.raises(NotFound):
            store.get("a/b/c")
        assert store.size("a/b/c") is None
        store.delete("a/b/c")
        assert store.get("a/b") == b"x"

    @pytest.mark.parametrize(
        ("start", "length", "expected"),
        [(0, 4, b"0123"), (2, 3, b"234"), (8, 10, b"89"), (10, 5, b""), (99, 5, b""), (3, 0, b"")],
    )
    def test_a_range_is_cut_at_the_end(self, store: Store, start: int, length: int, expected: bytes) -> None:
        store.put("k", [b"0123456789"])
        assert store.get_range("k", start, length) == expected

    def test_put_new_refuses_an_existing_key_and_leaves_it_alone(self, store: Store) -> None:
        store.put_new("a/b", [b"first"])
        with pytest.raises(AlreadyExists):
            store.put_new("a/b", [b"second"])
        assert store.get("a/b") == b"first"
        assert list(store.keys("")) == ["a/b"]

    def test_of_many_threads_that_create_one_key_exactly_one_wins(self, store: Store) -> None:
        winners = []
        start = threading.Barrier(8)

        def create(number: int) -> None:
            start.wait()
            try:
                store.put_new("race/x", [b"%d" % number])
            except AlreadyExists:
                return
            winners.append(number)

        threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [b"%d" % number for number in winners] == [store.get("race/x")]

    def test_delete_removes_a_key_and_may_be_repeated(self, store: Store) -> None:
        store.put("a/b/c", [b"x"])
        store.delete("a/b/c")
        store.delete("a/b/c")
        assert store.size("a/b/c") is None
        assert list(store.keys("")) == []
        assert store.children("") == []
        store.put_new("a/b/c", [b"again"])
        assert store.get("a/b/c") == b"again"

    def test_listing_shows_keys_below_a_prefix_only(self, store: Store) -> None:
        for key in ("flows/F/1/run.json", "flows/F/10/run.json", "flows/F/1/s/2/0.out", "flows/G/1/run.json", "top"):
            store.put(key, [b"x"])
        assert sorted(store.keys("flows/F/1/")) == ["flows/F/1/run.json", "flows/F/1/s/2/0.out"]
        assert len(list(store.keys(""))) == 5
        assert store.children("flows/F/") == ["1", "10"]
        assert store.children("flows/F/1/") == ["run.json", "s"]
        assert store.children("") == ["flows", "top"]
        assert store.children("nothing/") == list(store.keys("nothing/")) == []

    @pytest.mark.parametrize(
        "key",
        [
            "",
            "/etc/passwd",
            "../x",
            "a/../x",
            "a//b",
            "a/",
            "./a",
            "a/.",
            ".hidden",
            "a/.new-1-1",
            "a\\b",
            "c:/x",
            "a\0b",
        ],
    )
    def test_keys_that_could_leave_the_root_are_refused(self, store: Store, key: str) -> None:
        for use in (
            store.get,
            store.size,
            store.delete,
            store.local_path,
            store.open_log,
            lambda key: store.put(key, [b"x"]),
            lambda key: store.put_new(key, [b"x"]),
            lambda key: store.get_range(key, 0, 1),
        ):
            with pytest.raises(StoreError, match="cannot be a key"):
                use(key)

    @pytest.mark.parametrize("prefix", ["a", "/", "../", "a//", ".x/"])
    def test_prefixes_end_in_one_slash(self, store: Store, prefix: str) -> None:
        with pytest.raises(StoreError, match="prefix"):
            list(store.keys(prefix))
        with pytest.raises(StoreError, match="prefix"):
            store.children(prefix)

    def test_a_writable_store_says_so_and_leaves_no_trace(self, store: Store) -> None:
        store.check_writable()
        assert list(store.keys("")) == []

    def test_a_log_that_nobody_wrote_is_empty(self, store: Store) -> None:
        log = store.open_log("flows/F/1/log")
        assert log.read() == ([], "")
        with pytest.raises(NotFound):
            log.read_one("10+3")
        log.sync()
        log.close()

    def test_a_log_gives_back_what_was_appended_in_order(self, store: Store) -> None:
        log = store.open_log("flows/F/1/log")
        locators = [*log.append([b"one", b"two"]), *log.append([]), *log.append([b"", b"three"])]
        records, cursor = log.read()
        assert [payload for _, payload in records] == [b"one", b"two", b"", b"three"]
        assert [locator for locator, _ in records] == locators
        assert log.read(cursor) == ([], cursor)
        log.append([b"four"])
        assert [payload for _, payload in log.read(cursor)[0]] == [b"four"]
        assert [log.read_one(locator) for locator in locators] == [b"one", b"two", b"", b"three"]
        log.close()

    def test_a_log_is_read_in_bounded_turns_without_loss(self, store: Store) -> None:
        log = store.open_log("log")
        payloads = [b"%04d" % number * 10 for number in range(50)]
        for payload in payloads:
            log.append([payload])
        found, cursor, turns = [], "", 0
        while True:
            records, after = log.read(cursor, 100)
            if after == cursor:
                break
            assert records
            found += [payload for _, payload in records]
            cursor, turns = after, turns + 1
        assert found == payloads
        log.close()

    def test_two_writers_of_a_log_see_each_other(self, store: Store) -> None:
        first, second = store.open_log("log"), store.open_log("log")
        first.append([b"a"])
        _, cursor = second.read()
        second.append([b"b"])
        first.append([b"c"])
        assert sorted(payload for _, payload in second.read(cursor)[0]) == [b"b", b"c"]
        assert sorted(payload for _, payload in store.open_log("log").read()[0]) == [b"a", b"b", b"c"]
        first.close()
        second.close()

    def test_threads_that_share_a_log_get_locators_of_their_own_records(self, store: Store) -> None:
        log = store.open_log("log")
        wrong: list[str] = []

        def write(writer: int) -> None:
            for number in range(50):
                payload = b"%d/%d" % (writer, number)
                (locator,) = log.append([payload])
                if log.read_one(locator) != payload:
                    wrong.append(locator)

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        assert len({payload for _, payload in log.read()[0]}) == 200
        log.close()

    @pytest.mark.parametrize("locator", ["", "x", "0+3", "11+3", "10+2", "10+4", "10+99999999999", "-1+3", "10+3+3"])
    def test_a_locator_that_names_no_record_is_not_found(self, store: Store, locator: str) -> None:
        log = store.open_log("log")
        place, separator, _ = log.append([b"abc"])[0].rpartition(":")
        with pytest.raises(NotFound):
            log.read_one(place + separator + locator)
        log.close()

    def test_a_cursor_that_no_read_returned_is_refused(self, store: Store) -> None:
        log = store.open_log("log")
        log.append([b"abc"])
        with pytest.raises(StoreError, match="no place in"):
            log.read("nonsense")
        log.close()
