"""Look-ahead search over what a model predicts; it knows no model, and is handed every evaluation."""

from tesuji.search.config import Algorithm, Normalization, SearchConfig
from tesuji.search.forest import CHANCE, Forest
from tesuji.search.policy import visit_policy
from tesuji.search.requests import Requests
from tesuji.search.result import SearchResult, SearchResults
from tesuji.search.wave import Wave

__all__ = [
    "CHANCE",
    "Algorithm",
    "Forest",
    "Normalization",
    "Requests",
    "SearchConfig",
    "SearchResult",
    "SearchResults",
    "Wave",
    "visit_policy",
]
