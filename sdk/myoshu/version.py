"""The version of this package, defined once: builds read it here too."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
