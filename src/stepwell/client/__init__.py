"""Reading what ran."""
