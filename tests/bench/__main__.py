"""`make bench`: every benchmark in turn. Figures are ratios measured in one run; see each module's docstring."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run each module beside this one in a process of its own, so that none disturbs another."""
    folder = Path(__file__).parent
    codes = []
    for script in sorted(folder.glob("*.py")):
        if not script.name.startswith("_"):
            print(f"\n── {script.stem}", flush=True)
            codes.append(subprocess.run([sys.executable, str(script)], check=False).returncode)
    return max(codes, default=0)


if __name__ == "__main__":
    sys.exit(main())
