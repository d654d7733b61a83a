"""How long it takes to import what a flow file imports."""

import time

wall, cpu = time.perf_counter(), time.process_time()
from stepwell import FlowSpec, Parameter, current, step  # noqa: E402, F401

print("BENCH wall", time.perf_counter() - wall)
print("BENCH cpu", time.process_time() - cpu)
