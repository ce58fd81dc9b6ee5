"""What PyInstaller must know to pack a program that uses myoshu; it finds this by the entry point ``pyinstaller40``."""

from __future__ import annotations

from pathlib import Path

__all__ = ["hook_dirs"]


def hook_dirs() -> list[str]:
    """The folder of the hooks beside this file."""
    return [str(Path(__file__).parent)]
