import os, time
ready, tell = os.pipe()
for _ in range(8):
    if os.fork() == 0:
        block = bytearray(75 << 20)
        block[::4096] = b'x' * len(block[::4096])
        os.write(tell, b'.')
        time.sleep(2)
        os._exit(0)
os.close(tell)
got = b''
while len(got) < 8:
    part = os.read(ready, 8)
    if not part:
        break
    got += part
print('grew' if len(got) == 8 else len(got))
