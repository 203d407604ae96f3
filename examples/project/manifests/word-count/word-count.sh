#!/usr/bin/env bash
# Writes one JSON object: how many lines, words and bytes a file has.
set -euo pipefail
read -r lines words bytes <<<"$(wc -lwc <"$1")"
printf '{"lines":%d,"words":%d,"bytes":%d}\n' "$lines" "$words" "$bytes"
