"""Golden bytes of every message, and of what must be rejected.

    python tests/vectors/protocol/generate.py          write frames/ and the two indexes
    python tests/vectors/protocol/generate.py --check  only say whether they are up to date

``frames/NAME.bin`` is one frame as it stands on a stream: the length (32 bits, little-endian) and the payload.
``cases.json`` lists them with the message in JSON (binary as ``{"$bin": hexadecimal}``), or with the rejection's
code, field, and the id of the request that is answered with it; without one, the connection ends. Where a valid frame
is not in the shortest encodings, ``shortest`` names one of the same message that is. ``cases.tsv`` is the same for
programs that read no JSON: name, ``valid`` or ``rejected``, type, code, field, id (of a valid message too), shortest.
"""

from __future__ import annotations

import json
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from myoshu.errors import RemoteProtocolError
from myoshu.protocol.codec import decode
from myoshu.protocol.framing import check_size, frame

HERE = Path(__file__).parent
FRAMES = HERE / "frames"
LIMIT = 1 << 24


def tensor(array: Any, kind: str = "f32") -> dict[str, Any]:
    held = np.asarray(array, {"f32": "<f4", "i32": "<i4", "u8": "<u1"}[kind])
    return {"dt": kind, "sh": list(held.shape), "b": held.tobytes()}


@dataclass(frozen=True)
class Encoding:
    """MessagePack in one of the ways in which it may be written."""

    integer_width: int = 0
    """Bytes of an integer, or as many more as it needs; 0 for the shortest form."""
    float_width: int = 8
    """Bytes of a floating point number: 4 or 8."""
    length_width: int = 0
    """Bytes of a length, or as many more as its kind has at least; 0 for the shortest form."""
    signed: bool = False
    """Whether integers are written as signed ones."""

    def pack(self, value: Any) -> bytes:
        """The bytes of a value."""
        if isinstance(value, bool) or value is None:
            return msgpack.packb(value)
        if isinstance(value, int):
            return self._integer(value)
        if isinstance(value, float):
            narrow = struct.pack(">f", value)
            assert self.float_width == 8 or struct.unpack(">f", narrow)[0] == value, value
            return b"\xca" + narrow if self.float_width == 4 else b"\xcb" + struct.pack(">d", value)
        if isinstance(value, str):
            held = value.encode()
            return self._length(len(held), {1: 0xD9, 2: 0xDA, 4: 0xDB}, 0xA0, 32) + held
        if isinstance(value, bytes):
            return self._length(len(value), {1: 0xC4, 2: 0xC5, 4: 0xC6}, 0, 0) + value
        if isinstance(value, dict):
            inside = b"".join(self.pack(key) + self.pack(each) for key, each in value.items())
            return self._length(len(value), {2: 0xDE, 4: 0xDF}, 0x80, 16) + inside
        return self._length(len(value), {2: 0xDC, 4: 0xDD}, 0x90, 16) + b"".join(map(self.pack, value))

    def _integer(self, value: int) -> bytes:
        if not self.integer_width:
            return msgpack.packb(value)
        signed, width = self.signed or value < 0, self.integer_width
        while not -(signed << 8 * width - 1) <= value < 1 << 8 * width - signed:
            width *= 2
        first = (0xD0 if signed else 0xCC) + width.bit_length() - 1
        return bytes([first]) + value.to_bytes(width, "big", signed=signed)

    def _length(self, size: int, firsts: dict[int, int], fixed: int, below: int) -> bytes:
        if size < below and not self.length_width:
            return bytes([fixed | size])
        width = next(each for each in firsts if each >= self.length_width and size < 1 << 8 * each)
        return bytes([firsts[width]]) + size.to_bytes(width, "big")


GAME = {
    "name": "python:ttt.js:TicTacToe",
    "players": 2,
    "actions": 9,
    "observation": [3, 3, 3],
    "returns": [-1.0, 1.0],
    "zero_sum": True,
    "movers": "alternate",
    "final_rewards_only": True,
    "max_length": 9,
}
MODEL = {
    "name": "ttt",
    "hash": "ab" * 32,
    "game": GAME,
    "levels": [1.0, 2.0],
    "elo": [120.0, 640.5],
    "simulations": 50,
    "provider": "cpu",
}
PLANES = ("the mover's stones", "the opponent's stones", "empty squares")
LAYOUT = "row 0 is the top, column 0 the left"
TIMES = {"queue": 0.001, "network": 0.01, "search": 0.002, "total": 0.013}
OBS = tensor(np.arange(27).reshape(3, 3, 3) / 8)
POLICY = tensor([0.5, 0.25, 0.25, 0, 0, 0, 0, 0, 0])
VISITS = tensor([25, 13, 12, 0, 0, 0, 0, 0, 0], "i32")

VALID: dict[str, dict[str, Any]] = {
    "hello": {"t": "hello", "proto": [1, 1], "role": "player"},
    "hello_full": {
        "t": "hello", "proto": [1, 3], "role": "player", "name": "chess-ui 2.1", "token": "s3cret",
        "caps": ["batch", "resume", "stream"], "frame": 1048576, "heartbeat": 2.5, "resume": "t1", "pending": [3, 4],
    },
    "hello_agent": {"t": "hello", "proto": [1, 1], "role": "agent", "models": [MODEL]},
    "hello_environment": {"t": "hello", "proto": [1, 1], "role": "environment", "caps": ["describe"], "heartbeat": 0},
    "welcome": {"t": "welcome", "proto": 1, "role": "environment"},
    "welcome_full": {
        "t": "welcome", "proto": 1, "role": "agent", "name": "myoshu 0.1.0", "caps": ["batch", "resume", "stream"],
        "frame": 16777216, "heartbeat": 10.0, "models": [MODEL],
        "limits": {"sessions": 1024, "thinking": 256, "simulations": 100000, "batch": 4096},
        "options": [
            {"name": "temperature", "type": "float", "default": 0.0, "min": 0.0},
            {"name": "keep_tree", "type": "bool", "default": True},
        ],
        "ticket": "5f0c", "resumed": False,
    },
    "ping": {"t": "ping", "id": 1},
    "pong": {"t": "pong", "id": 1},
    "ping_of_a_high_id": {"t": "ping", "id": 2147483648},
    "pong_of_the_highest_id": {"t": "pong", "id": 4294967295},
    "bye": {"t": "bye"},
    "bye_reason": {"t": "bye", "reason": "the game is over"},
    "error": {"t": "error", "code": "unauthorized", "msg": "hello.token: expected the server's token, got none"},
    "error_request": {
        "t": "error", "id": 7, "code": "invalid", "msg": "think.obs.sh: expected [3, 3, 3], got [9]",
        "field": "think.obs.sh", "expected": "[3, 3, 3]", "got": "[9]",
    },
    "error_busy": {"t": "error", "id": 8, "code": "busy", "msg": "sessions: expected at most 1024, got one more",
                   "retry": 0.5},
    "open": {"t": "open", "id": 2},
    "open_full": {"t": "open", "id": 2, "model": "ttt", "hash": "ab" * 32, "seed": 7, "level": 2.0,
                  "options": {"temperature": 0.5, "keep_tree": False}},
    "open_elo": {"t": "open", "id": 2, "elo": 400.0},
    "opened": {"t": "opened", "id": 2, "session": 0, "model": "ttt", "hash": "ab" * 32, "simulations": 50},
    "think": {"t": "think", "id": 3, "session": 0, "obs": OBS},
    "think_mask": {"t": "think", "id": 3, "session": 0, "obs": OBS, "legal": b"\xfe\x01", "simulations": 50},
    "think_list": {"t": "think", "id": 3, "session": 0, "obs": OBS, "legal": [1, 2, 8], "to_play": 1, "moves": [4, 0],
                   "time": 0.05, "simulations": 1000, "stream": ["policy", "visits", "pv"], "every": 0.5,
                   "priority": 2},
    "think_pixels": {"t": "think", "id": 3, "session": 4294967295, "obs": tensor(np.arange(12).reshape(2, 6), "u8")},
    "think_unknown_keys": {"t": "think", "id": 3, "session": 0, "obs": OBS, "colour": "red", "deep": {"er": [1, {}]}},
    "think_nil": {"t": "think", "id": 3, "session": 0, "obs": OBS, "legal": None, "time": None},
    "info": {"t": "info", "id": 3, "action": 4, "value": 0.25, "simulations": 20, "elapsed": 0.1},
    "info_full": {"t": "info", "id": 3, "action": 4, "value": 0.25, "simulations": 20, "elapsed": 0.1,
                  "policy": POLICY, "visits": VISITS, "pv": [4, 0, 8]},
    "result": {"t": "result", "id": 3, "action": 0, "value": 0.5, "values": [0.5, -0.5], "policy": POLICY,
               "visits": VISITS, "pv": [0, 4], "simulations": 50, "stop": "simulations", "times": TIMES,
               "provider": "cpu", "model": "ttt"},
    "result_exact": {"t": "result", "id": 3000000000, "action": 0, "value": 0.5, "values": [0.5, -0.5],
                     "policy": POLICY, "visits": VISITS, "pv": [0, 4], "simulations": 50, "stop": "simulations",
                     "provider": "cpu", "times": {"queue": 0.0, "network": 0.25, "search": 0.125, "total": 0.375},
                     "model": "ttt"},
    "observe": {"t": "observe", "id": 4, "session": 0, "moves": [4]},
    "ponder": {"t": "ponder", "id": 5, "session": 0, "obs": OBS},
    "ponder_full": {"t": "ponder", "id": 5, "session": 0, "obs": OBS, "legal": b"\xff\x01", "to_play": 0, "moves": [1],
                    "time": 3.0, "simulations": 400, "stream": ["pv"], "every": 1.0},
    "cancel": {"t": "cancel", "id": 6, "request": 5},
    "act_batch": {"t": "act_batch", "id": 9, "obs": tensor(np.zeros((2, 3, 3, 3)))},
    "act_batch_full": {"t": "act_batch", "id": 9, "model": "ttt", "obs": tensor(np.zeros((2, 3, 3, 3))),
                       "legal": b"\xff\x01\x0f\x00", "to_play": [0, 1], "time": 0.01, "simulations": 8,
                       "temperature": 1.0, "seed": 3, "priority": 0},
    "acts": {"t": "acts", "id": 9, "actions": [4, 0], "values": [0.5, -0.25], "simulations": [8, 8],
             "stop": "simulations", "times": TIMES, "provider": "cpu", "model": "ttt"},
    "level": {"t": "level", "id": 10, "session": 0, "level": 1},
    "swap": {"t": "swap", "id": 11, "session": 0, "model": "ttt-2", "hash": "cd" * 32},
    "close": {"t": "close", "id": 12, "session": 0},
    "examples": {"t": "examples", "id": 13},
    "examples_model": {"t": "examples", "id": 13, "model": "ttt"},
    "positions_none": {"t": "positions", "id": 13, "model": "ttt", "moves": [], "drawn": [], "to_play": [],
                       "legal": b"", "obs": tensor(np.zeros((0, 3, 3, 3))), "prior": tensor(np.zeros((0, 9))),
                       "values": [], "actions": []},
    "positions": {
        "t": "positions", "id": 13, "model": "ttt", "planes": list(PLANES), "layout": LAYOUT, "moves": [[], [4, 0]],
        "drawn": [False, True], "to_play": [0, 0], "legal": b"\xff\x01\xee\x01",
        "obs": tensor(np.zeros((2, 3, 3, 3))), "prior": tensor(np.full((2, 9), 0.125)), "values": [0.0, 0.25],
        "actions": [4, 8],
    },
    "check": {"t": "check", "id": 14, "model": "ttt", "rows": [0, 1], "obs": tensor(np.zeros((2, 3, 3, 3)))},
    "check_shape": {"t": "check", "id": 14, "rows": [7], "obs": tensor(np.zeros((1, 27)), "u8")},
    "checked": {"t": "checked", "id": 14, "differ": [], "text": "2 positions: the observations are right"},
    "checked_differ": {"t": "checked", "id": 14, "differ": [1], "text": "1 of 2 positions differs × 0.5"},
    "ok": {"t": "ok", "id": 12},
    "ok_found": {"t": "ok", "id": 6, "found": True},
    "env_spec": {"t": "env_spec", "id": 1},
    "spec": {"t": "spec", "id": 1, "game": GAME, "slots": 64},
    "spec_planes": {"t": "spec", "id": 1, "game": {**GAME, "planes": list(PLANES), "layout": LAYOUT}, "slots": 64},
    "spec_realtime": {"t": "spec", "id": 1, "game": {**GAME, "stochastic": True}, "slots": 1, "mode": "realtime",
                      "tick": 0.05},
    "reset": {"t": "reset", "id": 2, "slots": [0, 1], "seeds": [5, 9223372036854775807]},
    "reset_moves": {"t": "reset", "id": 2, "slots": [3], "seeds": [5], "moves": [[4, 0]]},
    "step": {"t": "step", "id": 3, "slots": [0, 1], "actions": [4, 8]},
    "step_realtime": {"t": "step", "id": 3, "slots": [0], "actions": [-1]},
    "states": {
        "t": "states", "id": 3, "slots": [0, 1], "obs": tensor(np.zeros((2, 3, 3, 3))), "legal": b"\xef\x01\x00\x00",
        "to_play": [1, 0], "rewards": tensor([[0, 0], [1, -1]]), "terminated": [False, True],
        "truncated": [False, False],
    },
    "states_full": {
        "t": "states", "id": 3, "slots": [2], "obs": tensor(np.zeros((1, 3, 3, 3)), "u8"), "legal": b"\x00\x00",
        "to_play": [0], "rewards": tensor([[0, 0]]), "terminated": [False], "truncated": [True], "ticks": [17],
        "errors": [{"slot": 2, "code": "illegal_action", "msg": "action: expected one of 0, 1, got 4"}],
    },
    "describe": {"t": "describe", "id": 4, "slot": 0},
    "description": {"t": "description", "id": 4, "text": "x . .\n. o .\n. . .", "names": ["b1", "c1"]},
}  # fmt: skip

LONG: dict[str, tuple[str, Encoding]] = {
    **{
        f"{name}_{sign}{8 * width}": (name, Encoding(width, signed=sign == "int"))
        for name in ("ping", "think_list", "step")
        for sign in ("uint", "int")
        for width in (1, 2, 4, 8)
        if (name, sign, width) != ("think_list", "int", 1)  # its 1000 simulations need two bytes in any case
    },
    **{f"step_realtime_int{8 * width}": ("step_realtime", Encoding(width, signed=True)) for width in (1, 2, 4, 8)},
    **{f"{name}_uint64": (name, Encoding(8)) for name in ("ping_of_a_high_id", "pong_of_the_highest_id")},
    **{f"result_float{8 * width}": ("result_exact", Encoding(float_width=width)) for width in (4, 8)},
    **{
        f"{name}_{8 * width}": (name, Encoding(length_width=width))
        for name in ("welcome_full", "think", "think_mask", "states_full", "description")
        for width in (1, 2, 4)
    },
    "result_longest": ("result_exact", Encoding(8, 4, 4, signed=True)),
}
"""Valid messages whose numbers or lengths are not in the shortest encodings: which, and how."""

OTHERWISE: dict[str, tuple[dict[str, Any], bytes]] = {
    "deepest_arrays": ({"t": "ping", "id": 1}, b"\x83\xa1t\xa4ping\xa2id\x01\xa1x" + b"\x91" * 15 + b"\xc0"),
    "deepest_maps": ({"t": "ping", "id": 1}, b"\x83\xa1t\xa4ping\xa2id\x01\xa1x" + b"\x81\xa1y" * 15 + b"\xc0"),
    "key_twice": ({"t": "ping", "id": 2}, b"\x83\xa1t\xa4ping\xa2id\x01\xa2id\x02"),
    "key_twice_inside": (
        {**VALID["think"], "obs": {**OBS, "sh": [27]}},
        b"\x84\xa1t\xa5think\xa2id\x03\xa7session\x00\xa3obs\x84\xa2dt\xa3f32\xa2sh\x93\x03\x03\x03"
        b"\xa1b\xc4\x6c" + OBS["b"] + b"\xa2sh\x91\x1b",
    ),
}
"""Valid messages that are written in other ways than we do: the message, and the payload."""

THINK = VALID["think"]
STATES = VALID["states"]
POSITIONS = VALID["positions"]
CHECK = VALID["check"]


def _without(message: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != key}


def _nested(levels: int) -> bytes:
    return b"\x82\xa1t\xa4ping\xa1x" + b"\x91" * levels + b"\xc0"


REJECTED: dict[str, Any] = {
    "hello_later_version": {"t": "hello", "proto": [2, 3], "role": "spectator"},
    "hello_earlier_version": {"t": "hello", "proto": [0, 0], "role": "player"},
    "welcome_elo_short": {"t": "welcome", "proto": 1, "role": "agent", "models": [{**MODEL, "elo": [1.0]}]},
    "think_tensor_boolean": {**VALID["think"], "obs": {"dt": "bool", "sh": [3], "b": b"\x00\x01\x02"}},
    "empty": b"",
    "not_msgpack": b"\xc1",
    "not_a_map": msgpack.packb([1, 2]),
    "nil": b"\xc0",
    "truncated": msgpack.packb(THINK)[:-1],
    "trailing": msgpack.packb(VALID["ping"]) + b"\x00",
    "array_length_lies": b"\x82\xa1t\xa5close\xa1x\xdd\xff\xff\xff\xff",
    "binary_length_lies": b"\x82\xa1t\xa5close\xa1x\xc6\xff\xff\xff\xff",
    "map_length_lies": b"\xdf\xff\xff\xff\xff\xa1t\xa4ping",
    "text_not_utf8": b"\x82\xa1t\xa4ping\xa2\xff\xfe\x01",
    "key_is_a_number": b"\x83\xa1t\xa4ping\xa2id\x01\x05\x06",
    "key_is_a_number_inside": b"\x83\xa1t\xa4ping\xa2id\x01\xa1x\x81\x05\x06",
    "extension": b"\x83\xa1t\xa4ping\xa2id\x01\xa1x\xd4\x05\x00",
    "timestamp": b"\x83\xa1t\xa4ping\xa2id\x01\xa1x\xd6\xff\x00\x00\x00\x00",
    "too_deep": _nested(16),
    "far_too_deep": _nested(5000),
    "no_type": {"id": 1},
    "type_is_a_number": {"t": 1, "id": 1},
    "unknown_type": {"t": "fly", "id": 1},
    "unknown_type_without_id": {"t": "fly"},
    "id_missing": {"t": "ping"},
    "id_zero": {"t": "ping", "id": 0},
    "id_negative": {"t": "ping", "id": -1},
    "id_too_large": {"t": "ping", "id": 1 << 32},
    "id_is_a_text": {"t": "ping", "id": "1"},
    "id_is_a_float": {"t": "ping", "id": 1.5},
    "id_is_a_boolean": {"t": "ping", "id": True},
    "hello_no_versions": {"t": "hello", "role": "player"},
    "hello_versions_swapped": {"t": "hello", "proto": [2, 1], "role": "player"},
    "hello_one_version": {"t": "hello", "proto": [1], "role": "player"},
    "hello_role": {"t": "hello", "proto": [1, 1], "role": "king"},
    "hello_heartbeat": {"t": "hello", "proto": [1, 1], "role": "player", "heartbeat": -1.0},
    "hello_heartbeat_short": {"t": "hello", "proto": [1, 1], "role": "player", "heartbeat": 0.01},
    "hello_frame": {"t": "hello", "proto": [1, 1], "role": "player", "frame": 100},
    "hello_token_long": {"t": "hello", "proto": [1, 1], "role": "player", "token": "x" * 1025},
    "open_seed_negative": {"t": "open", "id": 1, "seed": -1},
    "open_option_text": {"t": "open", "id": 1, "options": {"temperature": "hot"}},
    "think_no_session": _without(THINK, "session"),
    "think_no_observation": _without(THINK, "obs"),
    "think_session_negative": {**THINK, "session": -1},
    "think_tensor_type": {**THINK, "obs": {**OBS, "dt": "f16"}},
    "think_tensor_short": {**THINK, "obs": {**OBS, "b": OBS["b"][:-1]}},
    "think_tensor_shape_huge": {**THINK, "obs": {**OBS, "sh": [4294967295, 4294967295, 4294967295]}},
    "think_tensor_shape_negative": {**THINK, "obs": {**OBS, "sh": [-3, -3, 3]}},
    "think_tensor_dimensions": {**THINK, "obs": {"dt": "u8", "sh": [1] * 9, "b": b"\0"}},
    "think_tensor_is_a_list": {**THINK, "obs": [1.0, 2.0]},
    "think_legal_text": {**THINK, "legal": "all"},
    "think_legal_negative": {**THINK, "legal": [-1]},
    "think_time_zero": {**THINK, "time": 0.0},
    "think_time_nan": {**THINK, "time": float("nan")},
    "think_time_infinite": {**THINK, "time": float("inf")},
    "think_simulations_zero": {**THINK, "simulations": 0},
    "think_stream": {**THINK, "stream": ["thoughts"]},
    "think_every": {**THINK, "every": 0.0},
    "think_priority": {**THINK, "priority": 3},
    "observe_move_text": {"t": "observe", "id": 1, "session": 0, "moves": ["e4"]},
    "act_batch_temperature": {**VALID["act_batch"], "temperature": -1.0},
    "spec_players": {"t": "spec", "id": 1, "game": {**GAME, "players": 0}, "slots": 1},
    "spec_returns": {"t": "spec", "id": 1, "game": {**GAME, "returns": [1.0, -1.0]}, "slots": 1},
    "spec_slots": {"t": "spec", "id": 1, "game": GAME, "slots": 0},
    "spec_mode": {"t": "spec", "id": 1, "game": GAME, "slots": 1, "mode": "dream"},
    "spec_planes_short": {"t": "spec", "id": 1, "game": {**GAME, "planes": ["stones"]}, "slots": 1},
    "spec_planes_numbers": {"t": "spec", "id": 1, "game": {**GAME, "planes": [1, 2, 3]}, "slots": 1},
    "spec_planes_long": {"t": "spec", "id": 1, "game": {**GAME, "planes": ["x" * 257, "y", "z"]}, "slots": 1},
    "spec_planes_empty": {"t": "spec", "id": 1, "game": {**GAME, "planes": ["x", "", "z"]}, "slots": 1},
    "spec_layout_long": {"t": "spec", "id": 1, "game": {**GAME, "layout": "x" * 1025}, "slots": 1},
    "positions_flags": {**POSITIONS, "drawn": [False]},
    "positions_rows": {**POSITIONS, "obs": tensor(np.zeros((3, 3, 3, 3)))},
    "positions_move_text": {**POSITIONS, "moves": [[], ["e4"]]},
    "check_no_rows": {**CHECK, "rows": []},
    "check_row_twice": {**CHECK, "rows": [1, 1]},
    "check_rows_long": {**CHECK, "rows": [0, 1, 2]},
    "check_no_observation": {key: value for key, value in CHECK.items() if key != "obs"},
    "checked_no_text": {"t": "checked", "id": 14, "differ": []},
    "reset_no_slots": {"t": "reset", "id": 1, "slots": [], "seeds": []},
    "reset_slot_twice": {"t": "reset", "id": 1, "slots": [0, 0], "seeds": [1, 2]},
    "reset_seeds_short": {"t": "reset", "id": 1, "slots": [0, 1], "seeds": [1]},
    "step_actions_long": {"t": "step", "id": 1, "slots": [0], "actions": [1, 2]},
    "step_action_negative": {"t": "step", "id": 1, "slots": [0], "actions": [-2]},
    "states_rows": {**STATES, "obs": tensor(np.zeros((1, 3, 3, 3)))},
    "states_flags": {**STATES, "terminated": [True]},
    "states_rewards": {**STATES, "rewards": tensor([[0, 0]])},
    "states_error_code": {**STATES, "errors": [{"slot": 0, "code": "sulking", "msg": ""}]},
    "error_without_code": {"t": "error", "msg": "?"},
}


def shown(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, bytes):
        return {"$bin": value.hex()}
    if isinstance(value, dict):
        return {key: shown(each) for key, each in value.items()}
    return [shown(each) for each in value] if isinstance(value, list) else value


def build() -> dict[str, bytes]:
    """Every file's contents by its path below this folder."""
    files: dict[str, bytes] = {}
    cases: list[dict[str, Any]] = []
    for name, message in VALID.items():
        payload = msgpack.packb(message)
        decode(payload)
        files[f"frames/{name}.bin"] = frame(payload)
        cases.append(_taken(name, message))
    for name, (other, encoding) in LONG.items():
        payload = encoding.pack(VALID[other])
        assert msgpack.unpackb(payload) == VALID[other], name
        assert decode(payload) == decode(msgpack.packb(VALID[other])), name
        files[f"frames/{name}.bin"] = frame(payload)
        cases.append({**_taken(name, VALID[other]), "shortest": other})
    for name, (message, payload) in OTHERWISE.items():
        assert decode(payload) == decode(msgpack.packb(message)), name
        files[f"frames/{name}.bin"] = frame(payload)
        cases.append(_taken(name, msgpack.unpackb(payload)))
    for name, case in REJECTED.items():
        payload = case if isinstance(case, bytes) else msgpack.packb(case)
        files[f"frames/{name}.bin"] = frame(payload)
        cases.append({"name": name, "kind": "rejected", **_rejection(name, payload)})
    files["frames/length_beyond_limit.bin"] = (LIMIT + 1).to_bytes(4, "little")
    cases.append({"name": "length_beyond_limit", "kind": "rejected", "code": "too_large", "field": "frame.length"})
    files["cases.json"] = (json.dumps(cases, indent=1, ensure_ascii=False) + "\n").encode()
    rows = [
        [str(case.get(key, "")) for key in ("name", "kind", "type", "code", "field")]
        + [str(case.get("id", case.get("message", {}).get("id", ""))), str(case.get("shortest", ""))]
        for case in cases
    ]
    files["cases.tsv"] = "".join("\t".join(row) + "\n" for row in rows).encode()
    return files


def _taken(name: str, message: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "kind": "valid", "type": message["t"], "message": shown(message)}


def _rejection(name: str, payload: bytes) -> dict[str, Any]:
    try:
        check_size(len(payload), LIMIT)
        message = decode(payload)
    except RemoteProtocolError as error:
        found = {"code": error.code, "field": error.field, "id": error.request}
        return {key: value for key, value in found.items() if value is not None}
    raise SystemExit(f"{name}: expected to be rejected, got {message}")


def stale() -> list[str]:
    """Files that are missing, differ or do not belong here."""
    files = build()
    there = {f"frames/{path.name}" for path in FRAMES.glob("*")} | {"cases.json", "cases.tsv"}
    wrong = [name for name, data in files.items() if not (HERE / name).is_file() or (HERE / name).read_bytes() != data]
    return sorted([*wrong, *(there - set(files))])


def main() -> None:
    if "--check" in sys.argv[1:]:
        if found := stale():
            raise SystemExit(f"not up to date: {', '.join(found)}")
        return
    FRAMES.mkdir(exist_ok=True)
    for path in FRAMES.glob("*.bin"):
        path.unlink()
    for name, data in build().items():
        (HERE / name).write_bytes(data)


if __name__ == "__main__":
    main()
