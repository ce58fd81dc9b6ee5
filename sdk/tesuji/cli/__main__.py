"""``python -m tesuji.cli``."""

from tesuji.cli import main

main()
