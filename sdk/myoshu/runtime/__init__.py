"""Play: bundles, ONNX Runtime, and search, behind agents and sessions."""

from myoshu.runtime.agent import Agent, load
from myoshu.runtime.crowd import Crowd
from myoshu.runtime.decision import ActionAnalysis, Analysis, Decision, StopReason
from myoshu.runtime.limit import Limit
from myoshu.runtime.session import Session
from myoshu.runtime.thinking import Thinking

__all__ = [
    "ActionAnalysis",
    "Agent",
    "Analysis",
    "Crowd",
    "Decision",
    "Limit",
    "Session",
    "StopReason",
    "Thinking",
    "load",
]
