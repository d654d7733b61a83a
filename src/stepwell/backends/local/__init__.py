"""Tasks as processes of this machine: forked from a warm zygote, freshly spawned, or in the run's own process."""
