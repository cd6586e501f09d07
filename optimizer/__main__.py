"""`python -m optimizer` is `optimize`."""

from __future__ import annotations

from optimizer.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
