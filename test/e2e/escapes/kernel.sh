attempt kernel-capabilities 'hold a capability' shell 'grep -E "^Cap(Eff|Prm|Inh|Amb|Bnd):" /proc/self/status' 'grep -qE "^Cap(Eff|Prm|Inh|Amb):[[:space:]]*0*[1-9a-f]" "$out"'
attempt kernel-calls 'make calls that open the kernel' python "$(payload calls)" 'said succeeded'
attempt kernel-namespace 'make namespaces' shell 'for f in -U -m -n -p -i -u -C -T; do unshare $f true && echo made; done; unshare -Ur id -u' 'said made'
attempt kernel-compat 'call through the 32-bit interface, which the filter does not name' python "$(payload compat)" 'said succeeded'
attempt kernel-terminal-line 'set a line discipline' python 'import fcntl, os, struct
try: fcntl.ioctl(os.open("/dev/ptmx", os.O_RDWR), 0x5423, struct.pack("i", 0)); print("set")
except OSError as error: print(error)' 'said set'
if [ -n "${ESC_SETUID:-}" ]; then
  extra="--allow fs:read:$ESC_SETUID"
  attempt kernel-setuid 'run a program that changes the user' shell "$ESC_SETUID -u; echo" 'grep -qx 0 "$out"'
  extra=
elif [ "$(id -u)" != 0 ]; then
  skip kernel-setuid 'only root can make the program for it'
fi
