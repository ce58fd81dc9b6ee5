"""Which game is tried for each name that OpenSpiel registers."""

from __future__ import annotations

from pathlib import Path

import pyspiel

__all__ = ["catalogue"]

_HERE = Path(__file__).parent
_WITH_PARAMETERS = {
    "add_noise": "add_noise(epsilon=0.1,game=leduc_poker(),seed=1)",
    "bridge": "bridge(use_double_dummy_result=False)",
    "bridge_uncontested_bidding": "bridge_uncontested_bidding(num_redeals=1)",
    "cached_tree": "cached_tree(game=kuhn_poker())",
    "coop_to_1p": "coop_to_1p(game=tiny_hanabi())",
    "misere": "misere(game=tic_tac_toe())",
    "normal_form_extensive_game": "normal_form_extensive_game(game=kuhn_poker())",
    "repeated_game": "repeated_game(num_repetitions=10,stage_game=matrix_pd())",
    "repeated_poker": (
        "repeated_poker(blind_schedule=,max_num_hands=3,reset_stacks=True,rotate_dealer=True,"
        "universal_poker_game_string=universal_poker())"
    ),
    "restricted_nash_response": "restricted_nash_response(game=kuhn_poker())",
    "start_at": "start_at(game=tic_tac_toe(),history=4;0)",
    "turn_based_simultaneous_game": "turn_based_simultaneous_game(game=goofspiel(num_cards=4))",
    "zerosum": "zerosum(game=tiny_hanabi())",
}
"""Small ones of the games that are made from another game, that cannot be made without parameters, or whose deals
take long."""
_FROM_FILES = {"efg_game": "pennies.efg", "nfg_game": "dilemma.nfg"}
"""The games that are read from a file, with the file beside this module."""


def catalogue() -> dict[str, str]:
    """Every registered name with the string of the game that stands for it: with its defaults, where it has them."""
    strings = {name: name for name in pyspiel.registered_names()}
    strings.update(_WITH_PARAMETERS)
    strings.update({name: f"{name}(filename={_HERE / file})" for name, file in _FROM_FILES.items()})
    return dict(sorted(strings.items()))
