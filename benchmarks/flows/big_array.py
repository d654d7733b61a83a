"""Make 512 MB of noise, keep it as an artifact if BENCH_KEEP=1, and use it in the next step.

The cost of keeping it is the CPU time of a run that keeps it less that of one that does not.
"""

import os
import time

import numpy as np

from stepwell import FlowSpec, step


class BigArray(FlowSpec):
    @step
    def start(self):
        noise = np.random.Generator(np.random.SFC64(1)).random(2**26)
        self.kept = os.environ.get("BENCH_KEEP") == "1"
        if self.kept:
            self.noise = noise
        self.next(self.use)

    @step
    def use(self):
        if self.kept:
            started = time.perf_counter()
            first = float(self.noise[0])
            print("BENCH first_use_seconds", time.perf_counter() - started, first)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    BigArray()
