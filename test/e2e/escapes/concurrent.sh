# Several sandboxes at once share the machine, the granted folder and nothing else.
pair() { # FIRST SECOND: runs two shell payloads at once; the output of the second is in $out
  local text=$1
  (cd "$ESC_WORK" && eval "$(command_line shell)") < /dev/null > "$base/out1" 2>&1 &
  local first=$!
  sleep 0.5
  command_in shell "$2"
  wait "$first"
}
if wanted both-see; then
  pair "exec -a $c_argv sleep 2" 'cat /proc/[0-9]*/cmdline | tr "\0" "\n"; ps axww'
  judge both-see 'see the processes of another sandbox' "$(said "$c_argv" && echo 1 || echo 0)"
fi
if wanted both-tmp; then
  pair "echo $c_tmp > /tmp/shared; echo $c_tmp > /dev/shm/shared; sleep 2" 'cat /tmp/shared /dev/shm/shared'
  judge both-tmp 'read the private folders of another sandbox' "$(said "$c_tmp" && echo 1 || echo 0)"
fi
if wanted both-kill; then
  pair 'trap "echo signalled" URG; for i in 1 2 3 4 5 6 7 8; do sleep 0.2; done' 'kill -URG -1'
  judge both-kill 'signal another sandbox' "$(grep -q signalled "$base/out1" && echo 1 || echo 0)"
fi
if wanted both-streams; then
  pair "echo $c_fd; sleep 2" 'timeout 1 cat "$(dirname "$(readlink /proc/$$/fd/1)")"/out*'
  judge both-streams 'read the output of another sandbox' "$(said "$c_fd" && echo 1 || echo 0)"
fi
if wanted both-net; then
  pair 'python3 -c "
import socket
s = socket.socket(); s.bind((\"0.0.0.0\", 45454)); s.listen(); s.settimeout(2)
c, _ = s.accept(); c.sendall(b\"'"$c_net"'\")"' 'timeout 1 cat < /dev/tcp/127.0.0.1/45454'
  judge both-net 'talk to another sandbox' "$(said "$c_net" && echo 1 || echo 0)"
fi
