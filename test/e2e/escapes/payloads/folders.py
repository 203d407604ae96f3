import os
written = 0
for folder in ('/tmp', '/dev/shm', '/', '/dev', '/run', '/home', '/var', '/etc', '/mnt', '/var/tmp'):
    for name in ('fill-a', 'fill-b', 'fill-c', 'fill-d'):
        try:
            with open(os.path.join(folder, 'toka-escapes-' + name), 'wb') as file:
                for _ in range(90):
                    file.write(b'x' * (1 << 20))
                    file.flush()
                    written += 1
                    if written >= 600:
                        print('grew')
                        raise SystemExit
        except OSError:
            pass
