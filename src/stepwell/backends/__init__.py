"""What executes tasks: one package per system, all behind `protocol.Backend`, none knowing another."""
