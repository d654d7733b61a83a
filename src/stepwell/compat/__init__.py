"""Files that say `import metaflow`: its modules as names for Stepwell's, and what goes with them.

`stepwell compat FLOW.py ...`, or `STEPWELL_COMPAT=metaflow` in the environment, runs such a file unchanged. In a
notebook, call `stepwell.compat.install()` before the first `import metaflow`.
"""

from __future__ import annotations

from stepwell.compat.mode import VARIABLE, install, is_installed

__all__ = ("VARIABLE", "install", "is_installed")
