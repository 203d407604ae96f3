#!/bin/sh
# Runs toka where its state folder is on a file system of 512 KiB that is full. $1: that folder, $2: node, $3: the launcher; the rest: words.
folder=$1 node=$2 launcher=$3
shift 3
mount -t tmpfs -o size=512k none "$folder" || exit 99
"$node" "$launcher" "$@" >&2 || exit 98
dd if=/dev/zero of="$folder/ballast" bs=4k 2>/dev/null
"$node" "$launcher" "$@"
full=$?
rm "$folder/ballast"
"$node" "$launcher" "$@" >/dev/null || exit 97
exit $full
