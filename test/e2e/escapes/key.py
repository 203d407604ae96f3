"""Puts a key into a new session keyring, then becomes the command that inherits it."""
import ctypes, os, platform, sys

ADD_KEY, KEYCTL = (217, 219) if platform.machine() == 'aarch64' else (248, 250)
libc = ctypes.CDLL(None)
text = sys.argv[1].encode()
libc.syscall(KEYCTL, 1, None)
libc.syscall(ADD_KEY, b'user', b'toka-escapes', text, len(text), ctypes.c_int(-3))
os.execvp(sys.argv[2], sys.argv[2:])
