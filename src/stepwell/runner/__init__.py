"""Driving flows from Python and notebooks: `Runner`, `NBRunner`, `MyFlow.run(...)`, and small tools for steps."""
