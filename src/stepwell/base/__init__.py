"""The ground floor: names, errors, settings, clocks. Nothing here knows what a flow is."""
