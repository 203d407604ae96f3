connect() { printf 'import socket\ns = socket.socket(%s)\ns.settimeout(1.5)\ns.connect(%s)\nprint(s.recv(64))' "$1" "$2"; }
attempt net-loopback 'connect to a service on the loopback' python "$(connect socket.AF_INET "('127.0.0.1', $port)")" 'said "$c_net" || hit tcp'
attempt net-loopback6 'connect to it by its other address' python "$(connect socket.AF_INET6 "('::ffff:127.0.0.1', $port)")" 'said "$c_net" || hit tcp'
attempt net-outside 'connect to an address of this machine' python "$(connect socket.AF_INET "('$outside', $port_outside)")" 'said "$c_net" || hit tcp-outside'
attempt net-node 'connect from node' node "require('net').connect($port, '127.0.0.1').on('data', (d) => console.log(String(d))).on('error', console.error)" 'said "$c_net" || hit tcp'
attempt net-shell 'connect from bash' shell "cat < /dev/tcp/127.0.0.1/$port" 'said "$c_net" || hit tcp'
attempt net-datagram 'send a datagram' python "import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for address in ('127.0.0.1', '$outside'):
    try: s.sendto(b'secret.example', (address, $port_udp))
    except OSError as error: print(error)
time.sleep(0.2)" 'hit udp'
attempt net-unix 'connect to a socket outside' python "$(connect socket.AF_UNIX "'$base/service'")" 'said "$c_net" || hit unix'
attempt net-unix-shown 'connect to a socket in the shown folder' python "$(connect socket.AF_UNIX "'$ESC_SHOWN/service'")" 'said "$c_net" || hit unix-shown'
attempt net-unix-work 'connect to a socket in the granted folder' python "$(connect socket.AF_UNIX "'$ESC_WORK/service'")" 'said "$c_net" || hit unix-work'
attempt net-abstract 'connect to a socket without a file' python "$(connect socket.AF_UNIX "'\\0toka-escapes-$$'")" 'said "$c_net" || hit unix-abstract'
attempt net-families 'open sockets that reach the kernel or the hypervisor' python "$(payload families)" 'said opened'
attempt net-namespace "enter another process's network" python "import ctypes, os
libc = ctypes.CDLL(None)
for p in [p for p in os.listdir('/proc') if p.isdigit()] + ['1', '$decoy']:
    try: print('entered' if libc.setns(os.open('/proc/%s/ns/net' % p, 0), 0) == 0 else 'refused')
    except OSError as error: print(error)" 'said entered'
