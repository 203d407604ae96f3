# Drives the REPL in a terminal of its own, and prints as JSON, in milliseconds: how long it takes until it can be typed in, and how
# long each key takes to be seen while an answer streams in. Arguments: how many samples, and the command.
import json, os, pty, select, struct, sys, termios, time, fcntl

samples, command = int(sys.argv[1]), sys.argv[2:]


def start():
    began = time.perf_counter()
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 100, 0, 0))
    return began, pid, fd


def seen(fd, wanted, seconds=20.0):
    """When the text was seen; what comes in pieces is put together."""
    text, end = b'', time.perf_counter() + seconds
    while wanted not in text:
        if not select.select([fd], [], [], max(0.0, end - time.perf_counter()))[0]:
            raise SystemExit(f'{wanted} was never seen in {text[-500:]}')
        text += os.read(fd, 65536)
    return time.perf_counter()


def stop(pid, fd):
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    os.close(fd)


ready = []
for _ in range(samples):
    began, pid, fd = start()
    # A key that was pressed before is seen once it is read.
    os.write(fd, b'q')
    ready.append((seen(fd, b'\x1b[?2026l') - began) * 1000)
    stop(pid, fd)

began, pid, fd = start()
seen(fd, b'scripted/')
os.write(fd, b'stream\r')
seen(fd, b'word word')
echoes, typed = [], b''
for at in range(samples * 4):
    typed += b'QXZ'[at % 3:at % 3 + 1]
    pressed = time.perf_counter()
    os.write(fd, typed[-1:])
    # All that is typed stands in one line, which is drawn as a whole.
    echoes.append((seen(fd, typed) - pressed) * 1000)
    if len(typed) == 60:
        typed = b''
        os.write(fd, b'\x15')
    time.sleep(0.03)
stop(pid, fd)
print(json.dumps({'ready': ready, 'echoes': echoes}))
