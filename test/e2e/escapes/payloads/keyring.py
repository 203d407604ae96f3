import ctypes, platform
libc = ctypes.CDLL(None)
KEYCTL = 219 if platform.machine() == 'aarch64' else 250
key = libc.syscall(KEYCTL, 10, ctypes.c_int(-3), b'user', b'toka-escapes', 0)
buffer = ctypes.create_string_buffer(128)
libc.syscall(KEYCTL, 11, key, buffer, 128)
print(buffer.value)
