"""Step and flow decorators: one file each, all built on the hooks of `protocol`."""
