if wanted process-trace; then
  : > "$hits"
  (for _ in $(seq 60); do grep -q 'TracerPid:[^0-9]*[1-9]' "/proc/$victim/status" && echo traced >> "$hits" && break; sleep 0.05; done) &
  watcher=$!
  command_in python "import ctypes, time
libc = ctypes.CDLL(None); libc.ptrace(0x4206, $victim, 0, 0); time.sleep(0.6); libc.ptrace(17, $victim, 0, 0)"
  wait "$watcher"
  judge process-trace 'trace another process' "$(hit traced && echo 1 || echo 0)"
fi
attempt process-kill 'kill another process' shell "kill -9 $victim; kill -9 $decoy" '! kill -0 "$victim" 2> /dev/null'
# SIGURG is ignored by all who do not wait for it, so that a success does no harm.
if wanted process-signal-all; then
  bash -c "trap 'echo signalled >> $hits' URG; for i in \$(seq 100); do sleep 0.1; done" &
  listener=$!
  attempt process-signal-all 'signal everything' shell 'kill -URG -1; kill -URG $PPID; kill -URG 1; sleep 0.3' 'hit signalled'
  kill "$listener"
fi
attempt process-priority 'take precedence over others' python 'import os
try: os.setpriority(os.PRIO_PROCESS, 0, -10); print("faster")
except OSError as error: print(error)' 'said faster'
if wanted process-terminal; then
  cat > "$base/terminal.sh" << T
cd $ESC_WORK
text='import fcntl
for fd in (0, 1, 2):
    try:
        for c in b"injected\\n": fcntl.ioctl(fd, 0x5412, bytes([c]))
    except OSError as error: print(error)'
eval "timeout -s KILL 7 \${SANDBOX//@EXTRA@/} python3 -c \"\\\$text\""
read -t 1 -r line; echo "READ=<\$line>"
T
  (sleep 12 | timeout 14 script -qec "bash $base/terminal.sh" /dev/null) > "$out" 2>&1 &
  terminal=$!
  for _ in $(seq 110); do grep -aq READ= "$out" && break; sleep 0.1; done
  kill "$terminal" 2> /dev/null
  wait "$terminal" 2> /dev/null
  judge process-terminal "type into the caller's terminal" "$(grep -aq 'READ=<.*injected' "$out" && echo 1 || echo 0)"
fi
