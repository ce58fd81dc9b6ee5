#!/usr/bin/env bash
# Starts the packaged board room (demos/package.sh makes it) on a machine image of its own: the smallest Debian, without
# Python, with what a desktop has for a window (X11's libraries). First without a screen, then in a real window on
# Xvfb, of which build/image.png is a picture. Needs root, debootstrap, Xvfb and xdotool; by hand, not in CI.
set -euo pipefail
cd "$(dirname "$0")/../.."
image=build/image
[ -x build/package/board_room/board_room ] || demos/package.sh
if [ ! -e "$image/etc/debian_version" ]; then
  debootstrap --variant=minbase --include=libx11-6,libxext6,libxcursor1,libxi6,libxrandr2,libxss1,libxfixes3 \
    bookworm "$image" >/dev/null
fi
if chroot "$image" sh -c 'command -v python || command -v python3'; then
  echo "expected an image without Python" >&2
  exit 1
fi
mount -t proc proc "$image/proc"
trap 'umount "$image/proc"' EXIT
rm -rf "$image/opt/board_room"
cp -r build/package/board_room "$image/opt/"
echo "on Debian $(cat "$image/etc/debian_version") without Python:"
chroot "$image" env -i SDL_VIDEODRIVER=dummy /opt/board_room/board_room --watch tic_tac_toe --frames 120

display=:87
Xvfb "$display" -screen 0 1040x720x24 -nolisten tcp -noreset &
server=$!
mkdir -p "$image/tmp/.X11-unix"
mount --bind /tmp/.X11-unix "$image/tmp/.X11-unix"
trap 'umount "$image/tmp/.X11-unix" "$image/proc"; kill "$server"' EXIT
sleep 1
chroot "$image" env -i DISPLAY="$display" SDL_VIDEODRIVER=x11 SDL_AUDIODRIVER=dummy \
  /opt/board_room/board_room --watch connect_four --frames 400 &
program=$!
sleep 4
DISPLAY=$display xdotool search --name 'Board room' >/dev/null && echo "its window is there"
.venv/bin/python -c "
from PIL import ImageGrab
ImageGrab.grab(xdisplay='$display').save('build/image.png')"
wait "$program"
