"""Fuzz one target: ``python -m tests.fuzz.guided.one NAME [libFuzzer flags] [corpus folders]``. Ends with status 0 or a crash file.

To merge corpora libFuzzer starts itself again by its own name: ``YINXIN_FUZZER`` is a script that does that.
"""

from __future__ import annotations

import os
import sys

import atheris

PACKAGES = ["verify", "seals", "ca.der", "asn1crypto", "pyhanko.pdf_utils"]


def main() -> None:
    """Instrument what is tested, then let libFuzzer drive it."""
    with atheris.instrument_imports(include=PACKAGES):
        from tests.fuzz.guided.targets import TARGETS
    name = sys.argv[1]
    target = TARGETS[name]
    atheris.Setup([os.environ.get("YINXIN_FUZZER", sys.argv[0]), *sys.argv[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
