#!/bin/sh
# Makes site/media/test-pattern.mp4: ten seconds of a generated test pattern with a running clock.
#
# VP9, which every build of Chromium plays; a key frame each second, so that a player can seek; one thread
# and no name of the encoder, so that the same ffmpeg makes the same file. The index is at the end.
set -eu

cd "$(dirname "$0")"
exec ffmpeg -y -loglevel error \
    -f lavfi -i testsrc=size=320x180:rate=15:duration=10 \
    -c:v libvpx-vp9 -b:v 0 -crf 45 -g 15 -deadline good -cpu-used 2 -threads 1 -pix_fmt yuv420p \
    -map_metadata -1 -fflags +bitexact -flags:v +bitexact \
    site/media/test-pattern.mp4
