"""A program that speaks GTP or UCI just well enough, and misbehaves as it is told to.

Usage: ``scripted_engine.py gtp|uci BEHAVIOUR [SEED]``. It plays the answers it is given, one a move, as ``a1,b1``.
A few answers are deeds: ``die``, ``sleep``, ``error``, ``close``.
"""

from __future__ import annotations

import sys
import time


def act(answers: list[str]) -> str:
    """The next answer; deeds are done."""
    answer = answers.pop(0) if answers else "resign"
    if answer == "die":
        sys.exit(7)
    if answer == "sleep":
        time.sleep(600)
    return answer


def gtp(answers: list[str]) -> None:
    for line in sys.stdin:
        command = line.split()[0]
        if command == "genmove":
            answer = act(answers)
            print("? cannot think\n" if answer == "error" else f"= {answer}\n", flush=True)
        elif command == "list_commands":
            print("= genmove\nplay\nclear_board\n", flush=True)
        else:
            print("=\n", flush=True)


def uci(answers: list[str]) -> None:
    for line in sys.stdin:
        command = line.split()[0]
        if command == "uci":
            print("id name scripted\noption name Skill Level type spin default 20 min 0 max 20\nuciok", flush=True)
        elif command == "isready":
            print("readyok", flush=True)
        elif command == "position":
            print(f"info string {line.strip()}", flush=True)
        elif command == "go":
            print(f"info depth 3 score cp 400 nodes 1234\nbestmove {act(answers)} ponder e7e5", flush=True)


if __name__ == "__main__":
    if sys.argv[2:] == ["dead"]:
        sys.exit(3)
    {"gtp": gtp, "uci": uci}[sys.argv[1]](sys.argv[2].split(",") if sys.argv[2:] else [])
