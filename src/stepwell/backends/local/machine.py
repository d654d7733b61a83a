"""What this machine has to share out, within the limits that were set for this process."""

from __future__ import annotations

import os

from stepwell.documents.task import ResourceNeeds

_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def machine_capacity() -> ResourceNeeds:
    """Cores, megabytes of memory and GPUs that this process may use, limits of containers honoured."""
    return ResourceNeeds(cpu=float(usable_cores()), memory=usable_memory() / 2**20, gpu=visible_gpus())


def usable_cores() -> int:
    """Cores that the scheduler lets this process run on."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def usable_memory() -> int:
    """Bytes of memory: the machine's, or the container's limit when that is lower."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30
    for path in _CGROUP_LIMITS:
        try:
            with open(path, encoding="ascii") as file:
                text = file.read().strip()
        except OSError:
            continue
        if text.isdigit() and 0 < int(text) < total:
            total = int(text)
    return total


def visible_gpus() -> int:
    """NVIDIA devices that this process may use; 0 where there are none."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return len([device for device in chosen.split(",") if device.strip() not in ("", "-1")])
    try:
        return sum(name.startswith("nvidia") and name[6:].isdigit() for name in os.listdir("/dev"))
    except OSError:
        return 0


def out_of_memory_kills() -> int:
    """How many processes the kernel has killed for memory since boot; 0 where it does not tell."""
    try:
        with open("/proc/vmstat", encoding="ascii") as file:
            for line in file:
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
    except OSError:
        return 0
    return 0
