"""Running a graph: the pure scheduler, the run loop, starting and resuming runs."""
