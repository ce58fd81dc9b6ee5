#!/usr/bin/env bash
# Packs the board room into one folder that runs without Python: build/package/board_room/board_room, with its agents
# beside it in build/package/board_room/agents. Says how large it is and how fast it starts. Needs the environment of
# `make setup`, or any with myoshu[openspiel,pygame] and PyInstaller: PYTHON=… demos/package.sh
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
out=build/package
rm -rf "$out"
"$python" -m PyInstaller --noconfirm --log-level WARN --name board_room --onedir \
  --distpath "$out" --workpath "$out/work" --specpath "$out/work" \
  --paths "$PWD/sdk" --paths "$PWD/engines" --paths demos/board_room \
  --exclude-module torch --exclude-module gymnasium --exclude-module matplotlib --exclude-module tkinter \
  demos/board_room/__main__.py
rm -rf "$out/work"
mkdir "$out/board_room/agents"
for game in tic_tac_toe connect_four othello dots_and_boxes; do
  [ ! -e "demos/agents/$game.myoshu" ] || cp "demos/agents/$game.myoshu" "$out/board_room/agents/"
done
[ -z "$(find "$out" -name '*torch*' -print -quit)" ] || { echo "torch came along" >&2; exit 1; }
du --summarize --human-readable --apparent-size "$out/board_room"
env -i SDL_VIDEODRIVER=dummy "$out/board_room/board_room" --watch tic_tac_toe --frames 120
