# With one host granted: whatever else a process tries to reach, through the proxy and round it.
extra="--level elevated --allow net:connect:localhost:$port_granted"
# The first line of what speaks to the proxy where there is one, and to the service itself where there is none.
speak="import os, socket, sys, urllib.parse
proxy = urllib.parse.urlsplit(os.environ.get('http_proxy', 'http://127.0.0.1:$port'))
def speak(*lines, end=b''):
    s = socket.create_connection((proxy.hostname, proxy.port), 2)
    s.sendall('\\r\\n'.join(lines + ('', '')).encode() + end)
    s.settimeout(1.5)
    answer = b''
    try:
        while True:
            more = s.recv(4096)
            if not more: break
            answer += more
    except OSError: pass
    print(answer.decode('latin1'))
"
reached='said "$c_net" || hit tcp || hit tcp-outside'

control network-curl 'curl reaches a granted host' shell "curl -sS http://localhost:$port_granted/" 'said granted'
control network-tunnel 'curl reaches it through a tunnel' shell "curl -sS --proxytunnel http://localhost:$port_granted/" 'said granted'
control network-socks 'curl reaches it by SOCKS5' shell "curl -sS \${ALL_PROXY:+--proxy \$ALL_PROXY} http://localhost:$port_granted/" 'said granted'
control network-python 'python reaches it' python "import urllib.request; print(urllib.request.urlopen('http://localhost:$port_granted/').read())" 'said granted'
# Not fetch: Node.js heeds the variables from version 24 on only.
control network-node 'node reaches it' node "const url = new URL('http://localhost:$port_granted/'), proxy = new URL(process.env.http_proxy ?? url);
require('net').connect(proxy.port, proxy.hostname).on('data', (data) => process.stdout.write(data))
  .write(['GET ' + url + ' HTTP/1.1', 'Host: ' + url.host, 'Connection: close', '', ''].join('\\r\\n'))" 'said granted'

attempt proxy-port 'reach another port' shell "curl -s http://127.0.0.1:$port/ --http0.9; curl -s http://localhost:$port/ --http0.9" "$reached"
attempt proxy-tunnel 'reach it through a tunnel' shell "curl -s --http0.9 --proxytunnel http://localhost:$port/" "$reached"
attempt proxy-socks 'reach it by SOCKS5, by name and by address' shell "for host in localhost 127.0.0.1; do curl -s --http0.9 \${ALL_PROXY:+--proxy \$ALL_PROXY} http://\$host:$port/; done" "$reached"
attempt proxy-host 'reach another address of this machine' shell "curl -s --http0.9 http://$outside:$port_outside/" "$reached"
attempt proxy-redirect 'be sent on to another service' shell "curl -sL --http0.9 http://localhost:$port_granted/away" "$reached"
attempt proxy-spelling 'spell the address otherwise' shell "for host in 2130706433 0x7f000001 0x7f.1 017700000001 127.1 0 localhost. LOCALHOST '[::ffff:127.0.0.1]' '[::ffff:7f00:1]'; do
  curl -sg --http0.9 http://\$host:$port/; curl -sg --http0.9 --proxytunnel http://\$host:$port/; done" "$reached"
attempt proxy-raw 'write the target as curl would not' python "$speak
for target in ('127.0.0.1:$port', '127.0.0.1:0$port', 'localhost:$port_granted@127.0.0.1:$port', '127.0.0.1:$port#localhost:$port_granted', 'localhost:$port_granted,127.0.0.1:$port'):
    speak('CONNECT %s HTTP/1.1' % target, 'Host: localhost:$port_granted')
    speak('GET http://%s/ HTTP/1.1' % target, 'Host: localhost:$port_granted')" "$reached"
attempt proxy-second 'ask for another host on a connection to the granted one' python "$speak
speak('GET http://localhost:$port_granted/ HTTP/1.1', 'Host: localhost:$port_granted', '', 'GET http://127.0.0.1:$port/ HTTP/1.1', 'Host: 127.0.0.1:$port')" "$reached"
attempt proxy-smuggle 'hide a second request in the body of a first' python "$speak
second = b'GET http://127.0.0.1:$port/ HTTP/1.1\\r\\nHost: 127.0.0.1:$port\\r\\n\\r\\n'
speak('POST http://localhost:$port_granted/ HTTP/1.1', 'Host: localhost:$port_granted', 'Content-Length: 5', 'Transfer-Encoding: chunked', end=b'0\\r\\n\\r\\n' + second)
speak('GET http://localhost:$port_granted/ HTTP/1.1', 'Host: localhost:$port_granted', 'Content-Length: %d' % len(second), end=second)" "$reached"
attempt proxy-listen 'have the proxy listen' python "$speak
s = socket.create_connection((proxy.hostname, proxy.port), 2)
s.sendall(bytes.fromhex('050100' '05020001' '7f000001' '0000')); s.settimeout(1.5)
try: print(s.recv(99) + s.recv(99))
except OSError as error: print(error)" "$reached || said 'x05\\x00\\x00\\x01'"
attempt proxy-round 'reach the granted service itself' python "import socket
s = socket.create_connection(('127.0.0.1', $port_granted), 2); s.sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); print(s.recv(99))" 'hit granted'
attempt proxy-datagram 'send a datagram' python "import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for address in ('127.0.0.1', '$outside'):
    try: s.sendto(b'secret.example', (address, $port_udp))
    except OSError as error: print(error)
time.sleep(0.2)" 'hit udp'
attempt proxy-abstract 'connect to a socket without a file' python "$(connect socket.AF_UNIX "'\\0toka-escapes-$$'")" 'said "$c_net" || hit unix-abstract'
attempt proxy-toka 'see what serves the proxy' shell 'cat /proc/[0-9]*/comm | grep -E "^(node|toka)" && echo seen' 'said seen'
attempt proxy-replaced 'answer in its place' python "import os, socket, urllib.parse
port = urllib.parse.urlsplit(os.environ.get('http_proxy', 'http://127.0.0.1:1')).port
s = socket.socket()
for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT): s.setsockopt(socket.SOL_SOCKET, option, 1)
s.bind(('127.0.0.1', port if port != 1 else 0)); s.listen(); print('answering')" 'said answering'
extra=
