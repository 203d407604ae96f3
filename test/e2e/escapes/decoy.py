"""What is worth attacking: services, memory and handles that hold a canary."""
import ctypes, http.server, os, socket, sys, threading, time

base, net, memory, sysv = sys.argv[1:5]
held = bytearray(memory.encode())  # found only by reading this process's memory


def hit(name):
    with open(base + '/hits', 'a') as hits:
        hits.write(name + '\n')


def serve(server, name):
    while True:
        try:
            client, _ = server.accept()
            hit(name)
            client.sendall(net.encode())
            client.close()
        except OSError:
            pass


def listen(family, address, name):
    server = socket.socket(family)
    server.bind(address)
    server.listen(16)
    threading.Thread(target=serve, args=(server, name), daemon=True).start()
    return server


def own_address():
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        probe.connect(('192.0.2.1', 9))  # TEST-NET: nothing is sent
        return probe.getsockname()[0]
    except OSError:
        return '127.0.0.1'


outside = own_address()
tcp = listen(socket.AF_INET, ('127.0.0.1', 0), 'tcp')
tcp_outside = listen(socket.AF_INET, (outside, 0), 'tcp-outside')
for path, name in ((base + '/service', 'unix'), (base + '/shown/service', 'unix-shown'), (base + '/work/service', 'unix-work')):
    listen(socket.AF_UNIX, path, name)
    os.chmod(path, 0o777)
listen(socket.AF_UNIX, '\0toka-escapes-%d' % os.getppid(), 'unix-abstract')
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(('0.0.0.0', 0))


def receive():
    while True:
        udp.recvfrom(512)
        hit('udp')


threading.Thread(target=receive, daemon=True).start()



class Granted(http.server.BaseHTTPRequestHandler):
    """The one service that an attempt may be granted. It sends whoever asks for it on to the one that is not."""
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        hit('granted')
        away = self.path == '/away'
        self.send_response(302 if away else 200)
        if away:
            self.send_header('Location', 'http://127.0.0.1:%d/' % tcp.getsockname()[1])
        self.send_header('Content-Length', '7')
        self.end_headers()
        self.wfile.write(b'granted')


granted = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Granted)
threading.Thread(target=granted.serve_forever, daemon=True).start()

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
shm = libc.shmget(0, 4096, 0o1666)
ctypes.memmove(libc.shmat(shm, None, 0), sysv.encode(), len(sysv))


class Handle(ctypes.Structure):
    _fields_ = [('length', ctypes.c_uint), ('kind', ctypes.c_int), ('bytes', ctypes.c_ubyte * 128)]


handle, mount = Handle(128), ctypes.c_int()
made = libc.name_to_handle_at(-100, (base + '/secret/file').encode(), ctypes.byref(handle), ctypes.byref(mount), 0) == 0
packed = handle.length.to_bytes(4, 'little') + handle.kind.to_bytes(4, 'little') + bytes(handle.bytes[: handle.length])
with open(base + '/decoy.env.new', 'w') as env:
    env.write('port=%d\nport_granted=%d\nport_outside=%d\nport_udp=%d\noutside=%s\nshm_id=%d\nhandle=%s\n' % (
        tcp.getsockname()[1], granted.server_address[1], tcp_outside.getsockname()[1], udp.getsockname()[1], outside, shm, packed.hex() if made else ''))
os.rename(base + '/decoy.env.new', base + '/decoy.env')
time.sleep(900)
