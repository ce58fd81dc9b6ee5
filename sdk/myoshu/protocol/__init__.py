"""The socket protocol without a socket: messages, frames, and a connection's state machine.

``bindings/PROTOCOL.md`` is its specification.
"""

from myoshu.protocol.connection import Connection, Rejected, State
from myoshu.protocol.mask import pack_masks, unpack_masks
from myoshu.protocol.roles import Role
from myoshu.protocol.tensor import Tensor

__all__ = ["Connection", "Rejected", "Role", "State", "Tensor", "pack_masks", "unpack_masks"]
