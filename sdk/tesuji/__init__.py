"""An embeddable agent SDK for games.

Play with what was learned; neither a training framework nor a game library is loaded::

    import tesuji

    agent = tesuji.load("connect_four.tesuji")
    session = agent.new_session(seed=1)
    decision = session.play(observation, legal_actions, limit=tesuji.Limit(time=0.05))
    board.drop(decision.action)
"""

from __future__ import annotations

from tesuji.errors import TesujiError
from tesuji.runtime.agent import Agent, load
from tesuji.runtime.decision import Decision, StopReason
from tesuji.runtime.limit import Limit
from tesuji.runtime.session import Session
from tesuji.runtime.thinking import Thinking
from tesuji.search import Algorithm, Normalization, SearchConfig
from tesuji.spec import GameSpec, ModelSpec, Movers

__all__ = [
    "Agent",
    "Algorithm",
    "Decision",
    "GameSpec",
    "Limit",
    "ModelSpec",
    "Movers",
    "Normalization",
    "SearchConfig",
    "Session",
    "StopReason",
    "TesujiError",
    "Thinking",
    "load",
]

__version__ = "0.1.0"
