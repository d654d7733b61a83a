"""The state of a git checkout, against git itself."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from stepwell.documents.run import GitState
from stepwell.store.git_state import GitProbe, read_git_state, start_git_state, without_credentials

if TYPE_CHECKING:
    from pathlib import Path

WAIT = 60.0


def git(folder: Path, *arguments: str) -> str:
    environ = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        **{f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environ, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "flows").mkdir(parents=True)
    (folder / "flows" / "train.py").write_text("1\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_commit_branch_and_remote_of_a_clean_checkout(checkout: Path) -> None:
    git(checkout, "remote", "add", "backup", "/other")
    git(checkout, "remote", "add", "origin", "https://me:t0ken@example.org/team/project.git")
    assert start_git_state(str(checkout / "flows")).finish(WAIT) == GitState(
        commit=git(checkout, "rev-parse", "HEAD"),
        branch="main",
        remote="https://example.org/team/project.git",
        dirty=False,
    )


def test_changed_and_new_files_make_it_dirty(checkout: Path) -> None:
    (checkout / "flows" / "new.py").write_text("2\n")
    state = start_git_state(str(checkout / "flows")).finish(WAIT)
    assert state is not None
    assert state.dirty
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "second")
    (checkout / "flows" / "train.py").write_text("changed\n")
    state = start_git_state(str(checkout)).finish(WAIT)
    assert state is not None
    assert state.dirty


def test_packed_references_are_read(checkout: Path) -> None:
    git(checkout, "checkout", "-q", "-b", "feature/x")
    git(checkout, "pack-refs", "--all")
    assert not (checkout / ".git" / "refs" / "heads" / "feature" / "x").exists()
    assert read_git_state(str(checkout)) == GitState(commit=git(checkout, "rev-parse", "HEAD"), branch="feature/x")


def test_a_detached_head_has_a_commit_and_no_branch(checkout: Path) -> None:
    git(checkout, "checkout", "-q", "--detach")
    state = start_git_state(str(checkout)).finish(WAIT)
    assert state == GitState(commit=git(checkout, "rev-parse", "HEAD"), branch="", dirty=False)


def test_a_worktree_has_its_own_branch(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "remote", "add", "origin", "git@example.org:team/project.git")
    git(checkout, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    git(tmp_path / "side", "commit", "-q", "--allow-empty", "-m", "more")
    state = read_git_state(str(tmp_path / "side" / "flows"))
    assert state == GitState(
        commit=git(tmp_path / "side", "rev-parse", "HEAD"), branch="side", remote="git@example.org:team/project.git"
    )


def test_a_repository_without_a_commit_has_a_branch_only(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "trunk")
    assert start_git_state(str(tmp_path)).finish(WAIT) == GitState(branch="trunk", dirty=False)


def test_outside_of_a_checkout_there_is_no_state(tmp_path: Path) -> None:
    assert start_git_state(str(tmp_path)).finish(WAIT) is None


def test_without_git_the_checkout_counts_as_changed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = git(checkout, "rev-parse", "HEAD")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert start_git_state(str(checkout)).finish(WAIT) == GitState(commit=commit, branch="main", dirty=True)


def test_a_git_that_does_not_answer_is_ended_and_counts_as_changed(checkout: Path) -> None:
    process = subprocess.Popen(["sleep", "1000"], stdout=subprocess.PIPE)
    state = GitProbe(read_git_state(str(checkout)), process).finish(0.01)
    assert state is not None
    assert state.dirty
    assert process.returncode is not None


def test_a_broken_repository_is_no_error(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    assert read_git_state(str(tmp_path)) == GitState()
    (tmp_path / ".git").write_bytes(b"\xff\xfe\0")
    assert read_git_state(str(tmp_path)) is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:secret@host/x.git", "https://host/x.git"),
        ("https://ghp_token@github.com/a/b", "https://github.com/a/b"),
        ("https://host/x?private_token=abc#y", "https://host/x"),
        ("https://user:p@ss@host/x", "https://host/x"),
        ("ssh://git:secret@host:22/x", "ssh://git@host:22/x"),
        ("git@host:a/b.git", "git@host:a/b.git"),
        ("/srv/git/x?y.git", "/srv/git/x?y.git"),
        ("", ""),
    ],
)
def test_remotes_are_shown_without_credentials(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


def test_looking_does_not_touch_the_users_index(checkout: Path) -> None:
    # Git would note the new time stamp in the index, under a lock that the user's own git may meet.
    os.utime(checkout / "flows" / "train.py", (1, 1))
    before = (checkout / ".git" / "index").read_bytes()
    state = start_git_state(str(checkout)).finish(WAIT)
    assert state is not None
    assert not state.dirty
    assert (checkout / ".git" / "index").read_bytes() == before
