"""What runs next: a pure state machine, `Scheduler.on(event) -> list[Command]`.

No clocks, files or processes: time comes in as events, work goes out as commands. It knows the graph, splits,
joins, switches, retries, limits and resources, and nothing else.
"""
