"""The state of the git checkout that a file stands in.

Commit, branch and remote are read from git's own files, which takes well under a millisecond. Whether anything was
changed only git itself can tell; it is started early and asked for its answer late, so that nobody waits for it.
"""
# Paths are text here: a `Path` object costs more than the system call that it is made for.

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from stepwell.documents.run import GitState

if TYPE_CHECKING:
    import subprocess

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_SECTION = re.compile(r'\[\s*remote\s+"((?:[^"\\]|\\.)*)"\s*\]')
_USER_IN_URL = re.compile(r"\A([a-z][a-z0-9+.\-]*://)([^/]*)@", re.IGNORECASE)
_COMMAND = (
    "git", "-c", "core.fsmonitor=false", "status", "--porcelain=v2", "--branch", "--untracked-files=normal",
)  # fmt: skip


class GitProbe:
    """A question to git that is under way; `finish` it, always."""

    def __init__(self, known: GitState | None, process: subprocess.Popen[bytes] | None) -> None:
        self._known = known
        self._process = process

    def finish(self, timeout: float = 2.0) -> GitState | None:
        """The state; None when the folder is in no checkout.

        What git does not answer in time, or at all, counts as changed: that a checkout is clean needs proof.

        Args:
            timeout: Seconds to wait at the most.
        """
        process, self._process = self._process, None
        if self._known is None:
            return None
        answer = _answer(process, timeout) if process is not None else None
        if answer is None:
            return _with(self._known, self._known.commit, self._known.branch, dirty=True)
        commit, branch, dirty = self._known.commit, self._known.branch, False
        for line in answer.splitlines():
            if line.startswith("# branch.oid "):
                commit = commit or line[13:].replace("(initial)", "")
            elif line.startswith("# branch.head "):
                branch = branch or line[14:].replace("(detached)", "")
            elif line and not line.startswith("#"):
                dirty = True
                break
        return _with(self._known, commit, branch, dirty=dirty)


def start_git_state(folder: str) -> GitProbe:
    """Begin to look at the checkout that a folder stands in; never fails."""
    known = read_git_state(folder)
    if known is None:
        return GitProbe(None, None)
    import subprocess

    # No locks: a `git commit` that the user types meanwhile must not meet ours.
    environ = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        process = subprocess.Popen(
            _COMMAND,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return GitProbe(known, None)
    return GitProbe(known, process)


def read_git_state(folder: str) -> GitState | None:
    """Commit, branch and remote of the checkout that a folder stands in, without starting git.

    Returns:
        None when the folder is in no checkout. `dirty` is not looked at.
    """
    private = _git_folder(os.path.abspath(folder))
    if private is None:
        return None
    # A worktree keeps its own HEAD and shares the rest.
    shared_name = _read(f"{private}/commondir")
    shared = os.path.normpath(os.path.join(private, shared_name)) if shared_name else private
    head = _read(f"{private}/HEAD")
    remote = _remote(_read(f"{shared}/config"))
    if not head.startswith("ref:"):
        return GitState(commit=head if _COMMIT.match(head) else "", remote=remote)
    name = head[4:].strip()
    if name == "refs/heads/.invalid":
        # A repository with the newer table of references; `git status` will tell.
        return GitState(remote=remote)
    return GitState(commit=_commit(private, shared, name), branch=name.removeprefix("refs/heads/"), remote=remote)


def without_credentials(url: str) -> str:
    """A remote's URL without the password, and without a user name where that may be a token."""
    match = _USER_IN_URL.match(url)
    if match is not None:
        scheme, user = match[1], match[2].partition(":")[0]
        keep = f"{user}@" if "ssh" in scheme.lower() and user else ""
        url = scheme + keep + url[match.end() :]
    return re.split(r"[?#]", url, maxsplit=1)[0] if "://" in url else url


def _answer(process: subprocess.Popen[bytes], timeout: float) -> str | None:
    import subprocess

    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    return output.decode("utf-8", "replace") if process.returncode == 0 else None


def _with(known: GitState, commit: str, branch: str, *, dirty: bool) -> GitState:
    return GitState(commit=commit, branch=branch, remote=known.remote, dirty=dirty)


def _git_folder(folder: str) -> str | None:
    """The `.git` folder of the nearest checkout, through the file that stands for it in worktrees and submodules."""
    while True:
        candidate = f"{folder}/.git"
        if os.path.isdir(candidate):
            return candidate
        text = _read(candidate)
        if text.startswith("gitdir:"):
            return os.path.normpath(os.path.join(folder, text[7:].strip()))
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _commit(private: str, shared: str, name: str) -> str:
    for place in dict.fromkeys((private, shared)):
        found = _read(f"{place}/{name}")
        if _COMMIT.match(found):
            return found
    for line in _read(f"{shared}/packed-refs").splitlines():
        commit, _, packed = line.partition(" ")
        if packed == name and _COMMIT.match(commit):
            return commit
    return ""


def _remote(config: str) -> str:
    """The URL of `origin`, or of the first remote."""
    urls: dict[str, str] = {}
    section: str | None = None
    for line in config.splitlines():
        text = line.strip()
        if text.startswith("["):
            match = _SECTION.match(text)
            section = match[1] if match else None
        elif section is not None:
            name, _, value = text.partition("=")
            if name.strip().lower() == "url":
                urls.setdefault(section, value.strip().strip('"'))
    url = urls.get("origin") or next(iter(urls.values()), "")
    return without_credentials(url)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
