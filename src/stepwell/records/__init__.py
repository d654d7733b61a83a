"""The queryable index of runs, tasks, artifacts and tags; always rebuildable from the datastore."""
