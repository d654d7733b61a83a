"""Runs, tasks, tags and artifacts as a queryable index beside the datastore.

The datastore is the truth and every row can be computed from it again: an index that is missing, damaged, of another
version or behind the run logs is completed before it answers. Nothing here loads a value.
"""
