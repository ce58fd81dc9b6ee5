"""Playing: bundles, ONNX Runtime, and search, behind agents and sessions."""

from tesuji.runtime.agent import Agent, load
from tesuji.runtime.decision import ActionAnalysis, Analysis, Decision, StopReason
from tesuji.runtime.limit import Limit
from tesuji.runtime.session import Session
from tesuji.runtime.thinking import Thinking

__all__ = ["ActionAnalysis", "Agent", "Analysis", "Decision", "Limit", "Session", "StopReason", "Thinking", "load"]
