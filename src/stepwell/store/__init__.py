"""Bytes and documents over storage: blobs, run logs, task output, code snapshots. Values are `artifacts`' business."""
