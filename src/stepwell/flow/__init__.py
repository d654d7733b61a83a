"""The language: flows, steps, parameters, the graph and its faults. Nothing here runs a flow or stores a value."""
