#!/bin/sh
# Fills the disk of toka's state folder while an agent waits for its model. $1: that folder, $2: node, $3: the launcher; the rest: words.
folder=$1 node=$2 launcher=$3
shift 3
mount -t tmpfs -o size=4m none "$folder" || exit 99
"$node" "$launcher" "$@" >"$folder/../told" &
until grep -q '"step":2' "$folder/../told"; do sleep 0.05; done
dd if=/dev/zero of="$folder/ballast" bs=4k 2>/dev/null
wait $!
