"""`python -m stepwell`: the same as `stepwell`."""

from __future__ import annotations

from stepwell.cli.main import main

if __name__ == "__main__":
    main()
