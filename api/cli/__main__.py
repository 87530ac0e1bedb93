"""``python -m api.cli``: the same as ``yinxin``."""

from __future__ import annotations

from api.cli.main import run

if __name__ == "__main__":
    run()
