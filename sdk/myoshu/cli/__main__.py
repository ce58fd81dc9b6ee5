"""``python -m myoshu.cli``."""

from myoshu.cli import main

main()
