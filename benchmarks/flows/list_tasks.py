"""List the tasks of the step `work` of the newest run of `Artifacts`, with the one small artifact of each."""

import time

from stepwell import Flow, namespace

namespace(None)
wall, cpu = time.perf_counter(), time.process_time()
step = Flow("Artifacts").latest_run["work"]
seen = [(task.pathspec, task.successful) for task in step]
listed = time.perf_counter() - wall, time.process_time() - cpu
values = sorted(task["value"].data for task in step)
both = time.perf_counter() - wall, time.process_time() - cpu
assert values == list(range(len(seen)))
print("BENCH tasks", len(seen))
print("BENCH list_wall", listed[0])
print("BENCH list_cpu", listed[1])
print("BENCH values_wall", both[0] - listed[0])
print("BENCH values_cpu", both[1] - listed[1])
