"""Every message as a struct: what ``bindings/PROTOCOL.md`` describes, key by key.

Unknown keys are ignored; a message with a key that is missing, of another type or out of range is refused.
"""

from __future__ import annotations

from myoshu.protocol.agent_messages import (
    ActBatch,
    Acts,
    Cancel,
    Close,
    Info,
    Level,
    Observe,
    Ok,
    Open,
    Opened,
    Ponder,
    Result,
    Swap,
    Think,
    Times,
)
from myoshu.protocol.connection_messages import Bye, Error, Ping, Pong
from myoshu.protocol.environment_messages import Describe, Description, EnvSpec, Reset, SlotError, Spec, States, Step
from myoshu.protocol.example_messages import Check, Checked, Examples, Positions
from myoshu.protocol.game_map import GameMap
from myoshu.protocol.handshake_messages import (
    DEFAULT_FRAME,
    DEFAULT_HEARTBEAT,
    FIRST_FRAME,
    MOST_PENDING,
    VERSION,
    Hello,
    Limits,
    Model,
    Option,
    Welcome,
)
from myoshu.protocol.message import Message, Reply, Request

__all__ = [
    "DEFAULT_FRAME",
    "DEFAULT_HEARTBEAT",
    "FIRST_FRAME",
    "MESSAGES",
    "MOST_PENDING",
    "VERSION",
    "ActBatch",
    "Acts",
    "Bye",
    "Cancel",
    "Check",
    "Checked",
    "Close",
    "Describe",
    "Description",
    "EnvSpec",
    "Error",
    "Examples",
    "GameMap",
    "Hello",
    "Info",
    "Level",
    "Limits",
    "Message",
    "Model",
    "Observe",
    "Ok",
    "Open",
    "Opened",
    "Option",
    "Ping",
    "Ponder",
    "Pong",
    "Positions",
    "Reply",
    "Request",
    "Reset",
    "Result",
    "SlotError",
    "Spec",
    "States",
    "Step",
    "Swap",
    "Think",
    "Times",
    "Welcome",
]


MESSAGES: dict[str, type[Message]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        Hello, Welcome, Ping, Pong, Bye, Error, Open, Opened, Think, Ponder, Info, Result, Observe, Cancel, ActBatch,
        Acts, Level, Swap, Close, Ok, Examples, Positions, Check, Checked, EnvSpec, Spec, Reset, Step, States, Describe,
        Description,
    )
}  # fmt: skip
"""Every message by its type, the key ``t``."""
