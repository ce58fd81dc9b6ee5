"""An embeddable agent SDK for games."""

__version__ = "0.1.0"
