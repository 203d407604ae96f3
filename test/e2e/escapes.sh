#!/usr/bin/env bash
# Tries to break out of the sandbox, and to use it.
#
#   [SANDBOX='<command prefix>'] test/e2e/escapes.sh [-v] [ID...]
#
# The prefix stands before a command and is read by the shell; it may use $ESC_WORK (may be written, working folder, a git
# repository), $ESC_SHOWN (may be read), $ESC_TIME (how long it may take), $ESC_TOKA (this checkout) and @EXTRA@, in whose place an
# attempt puts further flags of `toka sandbox run`. SANDBOX=" " is no sandbox at all: the control which shows that the attempts work.
#
# An attempt has escaped if its effect is seen from outside: a secret in its output, a file, a connection, a process that lives.
# Everything attacked is a decoy made here, and a success does no harm; HOME is a decoy, and nothing in the real one is touched. As root all attempts are made twice,
# the second time as user 65534; as a user only that half runs, and the report says so.
# Exit: 0 if nothing escaped and everything usable works, 1 otherwise, 2 if the suite itself cannot run.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${ESC_TOKA:=$(cd "$here/../.." && pwd)}"
export ESC_TOKA
LIMITS='--level standard --memory 256M --cpu 50% --pids 64 --timeout $ESC_TIME --max-output 8M --max-disk 100M'
GRANTS='--cwd "$ESC_WORK" --allow "fs:write:$ESC_WORK/**" --allow "fs:read:$ESC_SHOWN/**"'
: "${SANDBOX=\"\$ESC_TOKA/bin/run.js\" sandbox run $LIMITS $GRANTS @EXTRA@ --}"
export SANDBOX
verbose= half= only=()
for word in "$@"; do
  case $word in
    -v) verbose=1 ;;
    --half=*) half=${word#*=} ;;
    -*) echo "unknown option $word" >&2; exit 2 ;;
    *) only+=("$word") ;;
  esac
done
for tool in bash curl git python3 node setpriv timeout script mkfifo; do
  command -v "$tool" > /dev/null || { echo "the suite needs $tool" >&2; exit 2; }
done

# A copy that another user can read, where this checkout is closed to them.
share() {
  local copy=$1 part
  mkdir -p "$copy/node_modules"
  for part in bin dist package.json manifests; do cp -RL "$ESC_TOKA/$part" "$copy/"; done
  cp -RL "$ESC_TOKA"/node_modules/@toka "$ESC_TOKA"/node_modules/node-* "$copy/node_modules/"
  chmod -R a+rX "$copy"
}

as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all)

# The halves mostly wait until a limit is met, so they run side by side; each has decoys of its own, and removes them when it is told to end.
end_halves() {
  [ ${#halves[@]} -eq 0 ] || kill "${halves[@]}" 2> /dev/null
  wait
  rm -rf "$shared"
}

if [ "$(id -u)" = 0 ] && [ -z "$half" ]; then
  shared=$(mktemp -d /var/tmp/toka-escapes-shared.XXXXXX)
  chmod 755 "$shared"
  halves=()
  trap end_halves EXIT
  trap 'exit 130' INT TERM
  # A program that would change the user: only root can make one.
  install -m 4755 "$(command -v id)" "$shared/setuid-id"
  cp -R "$here/escapes.sh" "$here/escapes" "$shared/" && chmod -R a+rX "$shared/escapes.sh" "$shared/escapes"
  flags=(${verbose:+-v} ${only[@]+"${only[@]}"})
  status=0
  path=$PATH user_toka=$ESC_TOKA
  "${as_user[@]}" test -x "$(command -v python3)" && "${as_user[@]}" python3 -c '' 2> /dev/null && "${as_user[@]}" node -e '' 2> /dev/null || path=/usr/local/bin:/usr/bin:/bin
  if ! "${as_user[@]}" test -r "$ESC_TOKA/bin/run.js"; then user_toka=$shared/toka; share "$user_toka"; fi
  "${as_user[@]}" env PATH="$path" ESC_SETUID="$shared/setuid-id" ESC_TOKA="$user_toka" HOME=/nonexistent bash "$shared/escapes.sh" --half=user "${flags[@]}" > "$shared/user.log" 2>&1 &
  halves+=($!)
  echo '== as root'
  "$here/escapes.sh" --half=root "${flags[@]}" &
  halves+=($!)
  wait "${halves[1]}" || status=1
  wait "${halves[0]}" || status=1
  halves=()
  echo '== as user 65534'
  cat "$shared/user.log"
  exit $status
fi
[ "$(id -u)" = 0 ] || [ -n "$half" ] || echo '== as user only: the half as root needs root'

. "$here/escapes/harness.sh"
make_decoys
for part in usable reading writing network processes kernel resources time concurrent proxy; do . "$here/escapes/$part.sh"; done
report
