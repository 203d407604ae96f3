#!/usr/bin/env bash
# Makes the attempts of test/e2e/escapes.sh from inside Python code: what is for `python3 -c` in the driver's own process, and what is for another
# interpreter by one that it starts. Arguments and exit code are those of that suite.
set -u
suite='../../../test/e2e/escapes.sh'
if [ "${1:-}" != --prefix ]; then
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  limits='--level standard --memory 256M --cpu 50% --pids 64 --timeout $ESC_TIME --max-output 8M --max-disk 100M'
  grants='--allow "fs:write:$ESC_WORK/**" --allow "fs:read:$ESC_SHOWN/**"'
  # A run whose code ends with any other code than 0 ends with 1.
  export SANDBOX="\"\$ESC_TOKA/node_modules/@toka/plugin-python/test/escapes.sh\" --prefix $limits $grants @EXTRA@ --" ESC_EXIT_CODE=1
  exec bash "$here/$suite" "$@"
fi
shift
flags=() level=
while [ "$1" != -- ]; do
  # An attempt may name a level of its own.
  if [ "$1" = --level ]; then level=$2 && shift 2; else flags+=("$1") && shift; fi
done
shift
argv=$(printf '%s\0' "$@" | python3 -c 'import json, sys; print(json.dumps(sys.stdin.read().split("\0")[:-1]))')
code=$(dirname "${BASH_SOURCE[0]}")/escapes.py
exec "$ESC_TOKA/bin/run.js" code run --language python --quiet --level "$level" --param "argv=$argv" "${flags[@]}" "$code"
