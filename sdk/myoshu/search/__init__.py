"""Look-ahead search over a model's predictions; it knows no model, and is given every evaluation."""

from myoshu.search.config import Algorithm, Normalization, SearchConfig
from myoshu.search.forest import CHANCE, Forest
from myoshu.search.requests import Requests
from myoshu.search.result import SearchResult, SearchResults
from myoshu.search.root import RootOptions
from myoshu.search.wave import Wave

__all__ = [
    "CHANCE",
    "Algorithm",
    "Forest",
    "Normalization",
    "Requests",
    "RootOptions",
    "SearchConfig",
    "SearchResult",
    "SearchResults",
    "Wave",
]
