# Every attempt beats a file from inside; one that still grows after the end has survived.
beat='for i in $(seq 60); do echo x >> beats; sleep 0.2; done'
beats() {
  local before
  [ -e "$ESC_WORK/beats" ] || return 1
  sleep 0.7
  before=$(stat -c %s "$ESC_WORK/beats")
  sleep 0.9
  [ "$before" != "$(stat -c %s "$ESC_WORK/beats")" ]
}
survive() { # ID DESCRIPTION LANGUAGE PAYLOAD
  wanted "$1" || return 0
  rm -f "$ESC_WORK/beats"
  attempt "$1" "$2" "$3" "$4" beats
  rm -f "$ESC_WORK/beats"
}
if wanted time-ignore; then
  kill_with=TERM patience=9 command_in shell "trap '' TERM INT HUP QUIT; $beat"
  judge time-ignore 'ignore every polite signal' "$([ "$ms" -gt 8500 ] && echo 1 || echo 0)" "$ms ms"
  rm -f "$ESC_WORK/beats"
fi
survive time-session 'leave the session' shell "setsid bash -c '$beat' & sleep 60"
survive time-daemon 'become a daemon and let the program end' python 'import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(3): os.close(fd)
        for _ in range(50):
            open("beats", "a").write("x"); time.sleep(0.2)
    os._exit(0)
time.sleep(0.3)'
survive time-stop 'stop itself while a child works on' shell "(trap '' TERM; $beat) & kill -STOP \$\$"
survive time-many 'be many that ignore signals and leave the session' shell "for n in 1 2 3 4 5 6 7 8; do setsid bash -c 'trap \"\" TERM INT HUP; $beat' & done; sleep 60"
if wanted time-pipe; then
  : > "$out"; : > "$err"; started=$(date +%s%N) text='sleep 9 & exit 0'
  (cd "$ESC_WORK" && eval "$(command_line shell)") < /dev/null 2> /dev/null | cat > /dev/null
  ms=$((($(date +%s%N) - started) / 1000000))
  judge time-pipe 'hold the output open from the background' "$([ $ms -gt 6500 ] && echo 1 || echo 0)" "$ms ms"
fi
if wanted time-stdin; then
  mkfifo "$base/never"
  sleep 12 > "$base/never" &
  writer=$!
  command_in shell cat "$base/never"
  kill "$writer" 2> /dev/null
  judge time-stdin 'wait for input that never comes' "$([ "$ms" -gt 6500 ] && echo 1 || echo 0)" "$ms ms"
fi
# What the death of toka itself leaves behind.
if wanted time-orphan && [ -n "${SANDBOX// /}" ]; then
  text=$beat
  (cd "$ESC_WORK" && eval "exec ${SANDBOX//@EXTRA@/} bash -c \"\$text\"") < /dev/null > /dev/null 2>&1 &
  runner=$!
  for _ in $(seq 40); do [ -e "$ESC_WORK/beats" ] && break; sleep 0.1; done
  : > "$out"; : > "$err"
  if [ -e "$ESC_WORK/beats" ]; then
    # The launcher may have handed over to another Node.js.
    kill -9 $(pgrep -P "$runner" -f 'bin/run\.js') "$runner" 2> /dev/null
    wait "$runner" 2> /dev/null
    judge time-orphan 'outlive toka, killed by SIGKILL' "$(beats && echo 1 || echo 0)"
  else
    skipped+=('time-orphan: the run did not start in time')
  fi
  rm -f "$ESC_WORK/beats"
fi
if wanted time-slots; then
  : > "$out"; : > "$err"
  # Slots are shells that read their command from a pipe; none may wait without its owner. One of another suite may be about to end.
  slots() { ps -eo pid=,ppid=,uid=,args= | awk -v me="$(id -u)" '$2 == 1 && $3 == me && $4 ~ /sh$/ && $5 == "-s" && NF == 5 { print $1 }' | sort; }
  sleep 0.5
  before=$(slots)
  sleep 1
  left=$(comm -12 <(echo "$before") <(slots) | grep -c .)
  judge time-slots 'leave a prepared sandbox behind' "$([ "$left" -gt 0 ] && echo 1 || echo 0)" "$left"
fi
