"""The socket protocol without a socket: messages, frames, and a connection's state machine.

``bindings/PROTOCOL.md`` is its specification.
"""

from tesuji.protocol.connection import Connection, Rejected, State
from tesuji.protocol.mask import pack_masks, unpack_masks
from tesuji.protocol.roles import Role
from tesuji.protocol.tensor import Tensor

__all__ = ["Connection", "Rejected", "Role", "State", "Tensor", "pack_masks", "unpack_masks"]
