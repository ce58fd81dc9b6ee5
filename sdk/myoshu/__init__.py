"""An embeddable agent SDK for games.

Play with a trained agent; neither a training framework nor a game library is loaded::

    import myoshu

    agent = myoshu.load("connect_four.myoshu")
    session = agent.new_session(seed=1)
    decision = session.play(observation, legal_actions, limit=myoshu.Limit(time=0.05))
    board.drop(decision.action)
"""

from __future__ import annotations

from myoshu.errors import MyoshuError
from myoshu.runtime.agent import Agent, load
from myoshu.runtime.crowd import Crowd
from myoshu.runtime.decision import Decision, StopReason
from myoshu.runtime.limit import Limit
from myoshu.runtime.session import Session
from myoshu.runtime.thinking import Thinking
from myoshu.search import Algorithm, Normalization, SearchConfig
from myoshu.spec import GameSpec, ModelSpec, Movers
from myoshu.version import __version__ as __version__

__all__ = [
    "Agent",
    "Algorithm",
    "Crowd",
    "Decision",
    "GameSpec",
    "Limit",
    "ModelSpec",
    "Movers",
    "MyoshuError",
    "Normalization",
    "SearchConfig",
    "Session",
    "StopReason",
    "Thinking",
    "load",
]
