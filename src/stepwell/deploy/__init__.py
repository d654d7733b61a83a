"""Flows in production: schedules, events, other systems' schedulers. The shape is here, the targets come later."""
