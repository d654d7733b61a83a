"""What happens inside a task process; the same code on every backend."""
