"""Code snapshots: which files are taken, equal names for equal code, and getting the files back."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from stepwell.base.errors import Corrupted, NotFound
from stepwell.store.code_files import find_code_files
from stepwell.store.snapshot import Snapshot, take_snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from stepwell.documents.run import CodeSnapshot
    from stepwell.store.datastore import Datastore

SUFFIXES = (".py", ".toml", ".json", ".sql", ".txt")
MEGABYTE = 2**20


def write(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    return folder / names[0]


def found(flow_file: Path, **options: int) -> list[str]:
    files = find_code_files(str(flow_file), suffixes=SUFFIXES, max_bytes=MEGABYTE, **options)
    return [file.name for file in files.files]


def snapshot(datastore: Datastore, flow_file: Path) -> CodeSnapshot:
    return take_snapshot(datastore, str(flow_file), suffixes=SUFFIXES, max_bytes=MEGABYTE)


def test_code_below_the_flows_folder_is_taken(tmp_path: Path) -> None:
    flow = write(tmp_path, "train.py", "lib/models.py", "lib/deep/er/q.sql", "pyproject.toml", "data.csv", "image.png")
    assert found(flow) == ["lib/deep/er/q.sql", "lib/models.py", "pyproject.toml", "train.py"]


def test_what_is_not_the_users_code_is_left_out(tmp_path: Path) -> None:
    flow = write(
        tmp_path,
        "train.py",
        ".hidden.py",
        ".git/config.py",
        ".stepwell/blobs/x.py",
        "__pycache__/c.py",
        "node_modules/m/n.json",
        "build/b.py",
        "dist/d.py",
        "thing.egg-info/top_level.txt",
        "env/pyvenv.cfg",
        "env/lib/python3.11/site-packages/p.py",
        "env/bin/activate_this.py",
        "vendored/site-packages/p.py",
    )
    assert found(flow) == ["train.py"]


@pytest.mark.parametrize(
    "name",
    [".env", ".env.json", "server.pem", "id_rsa", "id_ed25519.txt", "tls.key", "client_secret.json", "credentials.json",
     "db-password.txt", "service-account-7.json", "api_token.txt", "prod.tfvars"],
)  # fmt: skip
def test_files_that_look_like_secrets_are_never_taken(tmp_path: Path, name: str) -> None:
    flow = write(tmp_path, "train.py", name, f"lib/{name}")
    files = find_code_files(
        str(flow), suffixes=(*SUFFIXES, ".pem", ".key", ".env", ".tfvars", "id_rsa"), max_bytes=MEGABYTE,
        extra_files=[str(tmp_path / name)],
    )  # fmt: skip
    assert [file.name for file in files.files] == ["train.py"]


def test_a_module_may_have_secret_in_its_name(tmp_path: Path) -> None:
    assert found(write(tmp_path, "train.py", "secret_santa.py", "tokenizer.py")) == [
        "secret_santa.py",
        "tokenizer.py",
        "train.py",
    ]


def test_the_flow_file_is_taken_whatever_its_ending(tmp_path: Path) -> None:
    assert found(write(tmp_path, "train.flow")) == ["train.flow"]


def test_links_to_folders_are_not_followed_and_links_to_files_are(tmp_path: Path) -> None:
    flow = write(tmp_path / "flow", "train.py", "sub/a.py")
    write(tmp_path / "other", "b.py")
    (tmp_path / "flow" / "sub" / "up").symlink_to(tmp_path / "flow")
    (tmp_path / "flow" / "linked.py").symlink_to(tmp_path / "other" / "b.py")
    (tmp_path / "flow" / "broken.py").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "flow" / "pipe.py")
    assert found(flow) == ["linked.py", "sub/a.py", "train.py"]


def test_a_folder_full_of_data_is_left_out_and_said(tmp_path: Path) -> None:
    flow = write(tmp_path, "train.py", "zlib/code.py")
    for number in range(600):
        (tmp_path / "zlib" / f"{number}.txt").touch()
    write(tmp_path, "zz/after.py")
    files = find_code_files(str(flow), suffixes=SUFFIXES, max_bytes=MEGABYTE)
    assert [file.name for file in files.files] == ["train.py", "zz/after.py"]
    assert files.left_out == "folders with very many files (`zlib`)"


def test_the_search_ends_after_a_number_of_entries_with_imported_modules_in_it(tmp_path: Path) -> None:
    names = [f"d{number:03}/m{number}.py" for number in range(100)]
    flow = write(tmp_path, "train.py", *names, "zz/used.py", "zz/__init__.py")
    script = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import zz.used
from stepwell.store.code_files import find_code_files
found = find_code_files({str(flow)!r}, suffixes=(".py",), max_bytes=2**20, max_entries=120)
print(found.left_out)
print(*[file.name for file in found.files])
"""
    output = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    left_out, names_line = output.splitlines()
    assert left_out == "what lies beyond the first 120 entries of the folder"
    taken = names_line.split()
    assert {"train.py", "zz/used.py", "zz/__init__.py", "d000/m0.py"} <= set(taken)
    assert len(taken) < 30


def test_bytes_are_limited_and_the_flow_file_comes_first(datastore: Datastore, tmp_path: Path) -> None:
    flow = write(tmp_path / "code", "zflow.py", "small.py")
    (tmp_path / "code" / "a_large.json").write_text("x" * 5000)
    (tmp_path / "code" / "zflow.py").write_text("y" * 3000)
    said: list[str] = []
    taken = take_snapshot(
        datastore,
        str(flow),
        suffixes=SUFFIXES,
        max_bytes=4000,
        notice=lambda message, hint: said.append(message + hint),
    )
    assert [file.path for file in Snapshot.open(datastore, taken.digest).files()] == ["small.py", "zflow.py"]
    assert len(said) == 1
    assert "leaves out 1 files" in said[0]
    assert "code_max_bytes" in said[0]


def test_the_datastore_itself_is_not_code(datastore: Datastore, tmp_path: Path) -> None:
    datastore.store.put("flows/F/1/run.json", [b"{}"])
    taken = snapshot(datastore, write(tmp_path, "train.py"))
    assert taken.files == 1


def test_equal_code_has_an_equal_name_wherever_it_stands(datastore: Datastore, tmp_path: Path) -> None:
    first = snapshot(datastore, write(tmp_path / "a", "train.py", "lib/m.py"))
    second = snapshot(datastore, write(tmp_path / "b", "train.py", "lib/m.py"))
    assert first.digest == second.digest
    assert (first.source, first.files, first.size) == ("train.py", 2, 22)
    assert first.root == str(tmp_path / "a")
    (tmp_path / "b" / "lib" / "m.py").write_text("changed")
    assert snapshot(datastore, tmp_path / "b" / "train.py").digest != first.digest
    (tmp_path / "a" / "train.py").chmod(0o755)
    assert snapshot(datastore, tmp_path / "a" / "train.py").digest != first.digest


def test_a_snapshot_keeps_the_files_as_they_were(datastore: Datastore, tmp_path: Path) -> None:
    flow = write(tmp_path / "code", "train.py", "lib/run.sh", "lib/m.py")
    (tmp_path / "code" / "train.py").chmod(0o755)
    taken = snapshot(datastore, flow)
    flow.write_text("edited during the run")
    kept = Snapshot.open(datastore, taken.digest)
    assert kept.read("train.py") == b"# train.py\n"
    assert kept.sources(taken.root) == {
        str(tmp_path / "code" / "train.py"): b"# train.py\n",
        str(tmp_path / "code" / "lib" / "m.py"): b"# lib/m.py\n",
    }
    kept.extract(str(tmp_path / "out"))
    assert (tmp_path / "out" / "lib" / "m.py").read_text() == "# lib/m.py\n"
    assert os.access(tmp_path / "out" / "train.py", os.X_OK)
    assert not (tmp_path / "out" / "lib" / "m.py").stat().st_mode & 0o111
    with pytest.raises(NotFound, match=r"no file `other\.py`"):
        kept.read("other.py")


def test_a_flow_file_that_is_gone_is_named(datastore: Datastore, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"gone\.py"):
        snapshot(datastore, tmp_path / "gone.py")


def test_a_missing_snapshot_is_not_found(datastore: Datastore) -> None:
    with pytest.raises(NotFound, match="code snapshot"):
        Snapshot.open(datastore, "0" * 64)


@pytest.mark.parametrize("path", ["../evil.py", "/etc/cron.d/x", "a/../../b"])
def test_a_manifest_cannot_name_files_outside_its_folder(datastore: Datastore, path: str) -> None:
    content = datastore.blobs.put([b"x"])
    manifest = datastore.blobs.put([msgspec.json.encode([[path, content.digest, 1, 0o644]])])
    with pytest.raises(Corrupted, match="no manifest"):
        Snapshot.open(datastore, manifest.digest)


def test_other_blobs_are_no_snapshots(datastore: Datastore) -> None:
    blob = datastore.blobs.put([b"print('hello')"])
    with pytest.raises(Corrupted, match="no manifest"):
        Snapshot.open(datastore, blob.digest)
