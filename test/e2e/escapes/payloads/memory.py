import os, re
for pid in [p for p in os.listdir('/proc') if p.isdigit() and p != str(os.getpid())]:
    try:
        if b'decoy.py' not in open('/proc/%s/cmdline' % pid, 'rb').read():
            continue
        memory = open('/proc/%s/mem' % pid, 'rb', 0)
        for line in open('/proc/%s/maps' % pid):
            start, end = [int(part, 16) for part in line.split()[0].split('-')]
            if 'rw' not in line.split()[1] or end - start > 64 << 20:
                continue
            try:
                memory.seek(start)
                for found in re.findall(rb'CANARY-memory-[0-9a-f]{18}', memory.read(end - start)):
                    print(found.decode())
            except OSError:
                pass
    except OSError:
        pass
