"""May this process be forked? Importing libraries is harmless; having *used* a thread pool is not.

A child has only the forking thread. A lock that another thread held stays locked for ever, and a pool whose threads are
gone waits for ever. OpenMP can be told to end its threads; others cannot, and are found by name.
"""

from __future__ import annotations

import os
import re
import sys

# Native pools that are started by use, not by import, and hang in a forked child.
_POOLS = re.compile(r"polars-|rayon|tokio|ray_|tf_|jax|duckdb_worker")


def why_unsafe() -> str:
    """The reason why forking this process could hang its children, or an empty string."""
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        names = ", ".join(sorted(t.name for t in threading.enumerate() if t is not threading.main_thread()))
        return f"the flow file started Python threads while it was imported ({names})"
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "the flow file initialised CUDA while it was imported"
    for name in _native_thread_names():
        if _POOLS.match(name):
            return f"the flow file used a thread pool of a native library while it was imported (thread `{name}`)"
    return ""


def _native_thread_names() -> list[str]:
    """Names of this process's threads as the kernel knows them; empty where there is no /proc."""
    names = []
    try:
        threads = os.listdir("/proc/self/task")
    except OSError:
        return []
    if len(threads) == 1:
        return []
    for thread in threads:
        try:
            with open(f"/proc/self/task/{thread}/comm", encoding="utf-8", errors="replace") as file:
                names.append(file.read().strip())
        except OSError:
            continue
    return names


def pause_openmp() -> None:
    """End the worker threads of every OpenMP runtime in this process; they come back when they are needed."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            paths = {
                line.split(None, 5)[5].strip()
                for line in file
                if "omp" in line and re.search(r"/lib(gomp|iomp5|omp)[^/]*\.so", line)
            }
    except OSError:
        return
    if not paths:
        return
    import ctypes

    for path in paths:
        pause = getattr(ctypes.CDLL(path), "omp_pause_resource_all", None)
        if pause is not None:
            pause(2)
