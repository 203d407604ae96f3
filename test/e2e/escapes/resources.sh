grew='said grew'
attempt memory-python '600 MB in one process' python 'chunks = []
for _ in range(60):
    chunk = bytearray(10 << 20); chunk[::4096] = b"x" * len(chunk[::4096]); chunks.append(chunk)
print("grew")' "$grew"
attempt memory-buffers '600 MB of buffers in node' node 'const kept = []; for (let i = 0; i < 60; i++) kept.push(Buffer.alloc(10 << 20, 1)); console.log("grew")' "$grew"
attempt memory-heap '600 MB of objects in node' node 'const kept = []; for (let i = 0; i < 75e5; i++) kept.push({ a: i, b: [i, i] }); console.log("grew")' "$grew"
attempt memory-wasm '600 MB of WebAssembly memory' node 'const m = new WebAssembly.Memory({ initial: 1, maximum: 65536 }); m.grow(9600); new Uint8Array(m.buffer).fill(1); console.log("grew")' "$grew"
attempt memory-children '600 MB in eight processes' python "$(payload children)" "$grew"
attempt memory-shared '600 MB of shared memory' python 'import mmap
m = mmap.mmap(-1, 600 << 20)
for i in range(0, 600 << 20, 4096): m[i] = 1
print("grew")' "$grew"
attempt memory-file '600 MB in files without a name' python 'import os
for i in range(12):
    f = os.memfd_create("m%d" % i)
    for _ in range(50): os.write(f, b"x" * (1 << 20))
print("grew")' "$grew"
attempt memory-sysv '600 MB of System V memory that no process maps' python 'import ctypes
libc = ctypes.CDLL(None); libc.shmat.restype = ctypes.c_void_p
made = [libc.shmget(0, 50 << 20, 0o1600) for _ in range(12)]
try:
    for i in made:
        if i < 0: raise SystemExit("refused")
        at = libc.shmat(i, None, 0); ctypes.memset(at, 1, 50 << 20); libc.shmdt(ctypes.c_void_p(at))
    print("grew")
finally:
    for i in made: libc.shmctl(i, 0, None)' "$grew"
attempt memory-folders '600 MB in folders that are memory' python "$(payload folders)" "$grew"
attempt processes-fork '300 processes' python "$(payload fork)" 'said all'
attempt processes-threads '300 threads' python 'import threading, time
made = 0
try:
    for _ in range(300): threading.Thread(target=time.sleep, args=(2,), daemon=True).start(); made += 1
except RuntimeError: pass
print("all" if made == 300 else made)' 'said all'
full() { [ "$(du -sm "$ESC_WORK" | cut -f1)" -gt 250 ]; }
attempt disk-one 'a file of 400 MB' shell 'head -c 419430400 /dev/zero > fill' full
attempt disk-many '400 MB in many files' shell 'for i in $(seq 100); do head -c 4194304 /dev/zero > "fill$i"; done' full
attempt disk-reserve '400 MB reserved and not written' shell 'for i in 1 2 3 4 5 6 7 8; do fallocate -l 50M "fill$i"; done; sleep 1' full
rm -f "$ESC_WORK"/fill*
if wanted disk-unlinked; then
  before=$(df --output=avail -m "$ESC_WORK" | tail -1)
  (sleep 2.5; df --output=avail -m "$ESC_WORK" | tail -1 > "$base/avail") &
  watcher=$!
  command_in python 'import os, time
files = []
for i in range(100):
    f = open("gone", "wb"); os.unlink("gone"); f.write(b"x" * (4 << 20)); f.flush(); files.append(f)
print("grew", flush=True); time.sleep(9)'
  wait "$watcher"
  judge disk-unlinked '400 MB in files that have no name any more' "$(said grew && echo 1 || echo 0)" "$((before - $(cat "$base/avail"))) MB"
fi
flood() { # ID DESCRIPTION PAYLOAD
  wanted "$1" || return 0
  local text=$3 bytes
  bytes=$( (cd "$ESC_WORK" && eval "$(command_line shell)") 2>&1 < /dev/null | head -c 64000000 | wc -c)
  : > "$out"; : > "$err"
  judge "$1" "$2" "$([ "$bytes" -gt 16000000 ] && echo 1 || echo 0)" "$((bytes / 1000)) kB"
}
flood output-out 'endless output' 'yes flood-flood-flood-flood-flood-flood'
flood output-err 'endless error output' 'yes flood-flood-flood-flood-flood-flood >&2'
flood output-both 'endless output of many writers' 'for i in 1 2 3 4; do yes flood-flood-flood & yes flood-flood-flood >&2 & done; wait'
