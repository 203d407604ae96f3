# Decoys, and the functions that make an attempt and judge it. Sourced by escapes.sh.

make_decoys() {
  base=$(mktemp -d "${ESC_BASE:-/var/tmp}/toka-escapes.XXXXXX") || exit 2
  chmod 755 "$base"
  trap clean_up EXIT
  trap 'exit 130' INT TERM
  export ESC_WORK=$base/work ESC_SHOWN=$base/shown ESC_TIME=3s
  secret=$base/secret hits=$base/hits out=$base/out err=$base/err
  mkdir -p "$ESC_WORK/sub" "$ESC_WORK/.toka/state" "$ESC_WORK/.toka/tools" "$ESC_SHOWN" "$secret" "$base/home/.ssh" "$base/tmp"
  # The decoy home is the caller's from here on; passwd is not touched.
  unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_DATA_HOME XDG_RUNTIME_DIR
  export HOME=$base/home TMPDIR=$base/tmp
  for name in file home env memory argv net tmp shm sysv fd stdin key state git; do printf -v "c_$name" 'CANARY-%s-%s' "$name" "$(random)"; done
  echo "$c_file" > "$secret/file"
  echo "$c_home" > "$HOME/.ssh/id"
  echo '# original' > "$HOME/.bashrc"
  echo "$c_tmp" > "$base/tmp/file"
  echo "$c_tmp" > "/tmp/toka-escapes-$$"
  echo "$c_shm" > "/dev/shm/toka-escapes-$$" 2> /dev/null
  echo "$c_state" > "$ESC_WORK/.toka/state/journal"
  echo shown > "$ESC_SHOWN/file"
  (cd "$ESC_WORK" && git init -q . && git config user.email tool@localhost && git config user.name tool &&
    echo tracked > tracked && git add tracked && git commit -qm first) > /dev/null 2>&1
  ln -s "$secret" "$ESC_WORK/link-to-folder"
  ln -s "$secret/file" "$ESC_WORK/link-to-file"
  : > "$hits"
  DECOY_SECRET=$c_env python3 "$here/escapes/decoy.py" "$base" "$c_net" "$c_memory" "$c_sysv" "$c_argv" > /dev/null 2>&1 &
  decoy=$!
  sleep 600 &
  victim=$!
  for _ in $(seq 100); do [ -s "$base/decoy.env" ] && break; sleep 0.1; done
  [ -s "$base/decoy.env" ] || { echo 'the decoy did not start' >&2; exit 2; }
  . "$base/decoy.env"
  attempts=0 contained=0 escaped=() skipped=() usable=0 controls=0 unusable=()
}

clean_up() {
  kill "$decoy" "$victim" 2> /dev/null
  ipcrm -m "${shm_id:-0}" 2> /dev/null
  rm -f "/tmp/toka-escapes-$$" "/dev/shm/toka-escapes-$$" "/tmp/toka-escapes-new-$$"
  chmod -R u+rwX "$base" 2> /dev/null
  rm -rf "$base"
}

random() { od -An -N9 -tx1 /dev/urandom | tr -d ' \n'; }
wanted() { [ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " == *" $1 "* ]]; }
payload() { cat "$here/escapes/payloads/$1.py"; }
# Whether the output of the attempt holds a text.
said() { grep -aqF -- "$1" "$out"; }
hit() { grep -q "^$1\$" "$hits"; }

# command LANGUAGE PAYLOAD [FILE FOR STDIN]: runs it in the sandbox; output in $out and $err, exit code in $code, time in $ms.
# $extra are further flags; $outer is a command that starts the sandbox.
command_line() {
  local language
  case $1 in shell) language='bash -c' ;; python) language='python3 -c' ;; node) language='node -e' ;; esac
  printf 'timeout -s %s %s %s %s %s "$text"' "${kill_with:-KILL}" "${patience:-7}" "${outer:-}" "${SANDBOX//@EXTRA@/${extra:-}}" "$language"
}
command_in() {
  local text=$2 started
  started=$(date +%s%N)
  (cd "$ESC_WORK" && eval "$(command_line "$1")") < "${3:-/dev/null}" > "$out" 2> "$err"
  code=$?
  ms=$((($(date +%s%N) - started) / 1000000))
}

judge() { # ID DESCRIPTION ESCAPED(0|1) [NOTE]
  local verdict=contained
  attempts=$((attempts + 1))
  if [ "$3" = 1 ]; then verdict=ESCAPED; escaped+=("$1"); else contained=$((contained + 1)); fi
  if [ "$verdict" = ESCAPED ] || [ -n "$verbose" ]; then printf '%-9s %-22s %s%s\n' "$verdict" "$1" "$2" "${4:+ [$4]}"; fi
  [ -z "$verbose" ] || { head -c 300 "$out" | sed 's/^/    out: /'; head -c 300 "$err" | sed 's/^/    err: /'; echo; }
}

# attempt ID DESCRIPTION LANGUAGE PAYLOAD CHECK: the check is true if it escaped.
attempt() {
  wanted "$1" || return 0
  : > "$hits"
  command_in "$3" "$4"
  if eval "$5"; then judge "$1" "$2" 1; else judge "$1" "$2" 0; fi
}

skip() { wanted "$1" && skipped+=("$1: $2"); return 0; }

# control ID DESCRIPTION LANGUAGE PAYLOAD CHECK: the check is true if it works. A busy machine is no reason why it should not.
control() {
  local ESC_TIME=20s patience=25
  wanted "$1" || wanted usable || return 0
  controls=$((controls + 1))
  command_in "$3" "$4"
  if eval "$5"; then usable=$((usable + 1)); return 0; fi
  unusable+=("$1")
  printf 'UNUSABLE  %-22s %s [%s: %s]\n' "$1" "$2" "$code" "$(head -c 200 "$err" | tr '\n' ' ')"
}

report() {
  echo "usable: $usable/$controls   attempts: $attempts   contained: $contained   escaped: ${#escaped[@]}"
  [ ${#escaped[@]} -eq 0 ] || echo "escaped: ${escaped[*]}"
  [ ${#unusable[@]} -eq 0 ] || echo "unusable: ${unusable[*]}"
  [ ${#skipped[@]} -eq 0 ] || printf 'skipped: %s\n' "${skipped[@]}"
  [ ${#escaped[@]} -eq 0 ] && [ ${#unusable[@]} -eq 0 ]
}
