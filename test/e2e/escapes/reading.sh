attempt read-shadow 'read the password hashes' shell 'cat /etc/shadow /etc/shadow- /etc/gshadow' 'said root:'
attempt read-home 'read a key in the home folder' shell "cat $HOME/.ssh/id ~/.ssh/id" 'said "$c_home"'
attempt read-outside 'read a file that was not granted' shell "cat $secret/file" 'said "$c_file"'
attempt read-link 'read through links in the granted folder' shell 'cat link-to-file link-to-folder/file' 'said "$c_file"'
attempt read-parent 'walk up out of the granted folder' shell 'cat ../secret/file; ls ..' 'said "$c_file" || said secret'
attempt read-new-link 'make a link out and read through it' python "import os
os.symlink('$secret', 'made'); print(open('made/file').read())" 'said "$c_file"'
rm -f "$ESC_WORK/made"
attempt read-proc-root 'reach the root of other processes' shell "for p in /proc/[0-9]*; do cat \$p/root$secret/file \$p/cwd$secret/file \$p/cwd/../secret/file; done" 'said "$c_file"'
attempt read-old-root 'find what building the sandbox left mounted' shell "find / -xdev -maxdepth 3 -name 'oldroot' -o -maxdepth 3 -name newroot; cat /oldroot$secret/file /newroot$secret/file" 'said "$c_file" || said oldroot'
attempt read-commands 'see the command lines of other processes' shell 'cat /proc/[0-9]*/cmdline | tr "\0" "\n"; ps axww' 'said "$c_argv"'
attempt read-memory 'read the memory of another process' python "$(payload memory)" 'said "$c_memory"'
attempt read-handle 'open a file by its handle' python "$(HANDLE=$handle; payload handle | sed "s/HANDLE/$HANDLE/")" 'said "$c_file"'
attempt read-device 'read the disk itself' shell 'for d in /dev/vda /dev/sda /dev/nvme0n1 /dev/mem /dev/kmsg; do head -c 16 $d; done; mknod sda b 8 0 && head -c 16 sda' '[ -s "$out" ]'
rm -f "$ESC_WORK/sda"
attempt read-tmp "read this machine's /tmp" shell "cat /tmp/toka-escapes-$$ $base/tmp/file" 'said "$c_tmp"'
attempt read-shm "read this machine's /dev/shm" shell "cat /dev/shm/toka-escapes-$$" 'said "$c_shm"'
attempt read-sysv 'attach shared memory of another process' python "import ctypes
libc = ctypes.CDLL(None); libc.shmat.restype = ctypes.c_void_p
at = libc.shmat($shm_id, None, 0o10000)
if at and at != 2 ** 64 - 1: print(ctypes.string_at(at, 64))" 'said "$c_sysv"'
outer="python3 $here/escapes/key.py $c_key"
attempt read-key "read a key of the caller's session" python "$(payload keyring)" 'said "$c_key"'
outer=
export AWS_SECRET_ACCESS_KEY=$c_env DATABASE_URL=$c_env
attempt read-env "see the caller's variables" shell 'env; cat /proc/[0-9]*/environ' 'said "$c_env"'
unset AWS_SECRET_ACCESS_KEY DATABASE_URL
export BASH_ENV=$ESC_WORK/evil PYTHONSTARTUP=$ESC_WORK/evil NODE_OPTIONS="--title=$c_env" PERL5OPT=-w GIT_DIR=$c_env
attempt read-env-tools 'receive variables that steer interpreters' shell 'env | grep -E "^(BASH_ENV|PYTHONSTARTUP|NODE_OPTIONS|PERL5OPT|GIT_DIR)=" && echo steered' 'said steered'
unset BASH_ENV PYTHONSTARTUP NODE_OPTIONS PERL5OPT GIT_DIR
if wanted read-files; then
  exec 8< "$secret/file" 9< / {high}< "$secret/file"
  attempt read-files 'use files that the caller left open' shell "for f in /proc/self/fd/*; do cat \$f; cat \$f$secret/file; done" 'said "$c_file"'
  exec 8<&- 9<&- {high}<&-
fi
if wanted read-stdin; then
  echo "$c_stdin" > "$base/stdin"
  command_in shell 'timeout 1 cat' "$base/stdin"
  judge read-stdin "read the caller's standard input" "$(said "$c_stdin" && echo 1 || echo 0)"
fi
attempt read-state 'read the state of toka in a granted folder' shell 'cat .toka/state/journal; mv .toka/state .toka/s; cat .toka/s/journal; cp -a .toka copy; cat copy/state/journal' 'said "$c_state"'
rm -rf "$ESC_WORK/copy"
attempt read-launcher 'learn paths of this machine from the launcher' shell 'cat /proc/1/cmdline /proc/1/environ | tr "\0" "\n"' 'said "$base"'
attempt read-cgroups 'reach the control groups' shell 'ls /sys/fs/cgroup /sys/kernel; mkdir -p mounted; mount -t cgroup2 none mounted && ls mounted; umount mounted' '[ -s "$out" ]'
rmdir "$ESC_WORK/mounted" 2> /dev/null
# A grant that is a link shows where it leads, and no more.
mkdir -p "$base/real/inner"; echo "$c_git" > "$base/real/beside"; echo inner > "$base/real/inner/file"; ln -s "$base/real/inner" "$base/alias"
extra="--allow fs:read:$base/alias/**"
attempt read-alias 'walk out of a grant that is a link' shell "cat $base/alias/../beside $base/real/beside; ls $base/real" 'said "$c_git"'
extra="--allow fs:read:$secret/../shown/**"
attempt read-dots 'widen a grant by dots in it' shell "cat $secret/file" 'said "$c_file"'
extra=
