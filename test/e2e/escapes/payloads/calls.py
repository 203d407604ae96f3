import ctypes, platform
libc = ctypes.CDLL(None, use_errno=True)
ARM = platform.machine() == 'aarch64'
buffer = ctypes.create_string_buffer(4096)
attr = ctypes.create_string_buffer(128)
attr[0:4] = (1).to_bytes(4, 'little')
attr[4:8] = (128).to_bytes(4, 'little')
calls = {
    'io_uring_setup': (425, 4, buffer),
    'bpf map': (280 if ARM else 321, 0, attr, 128),
    'perf_event_open': (241 if ARM else 298, attr, 0, -1, -1, 0),
    'userfaultfd': (282 if ARM else 323, 0),
    'add_key': (217 if ARM else 248, b'user', b'x', b'y', 1, ctypes.c_int(-2)),
    'unshare user': (97 if ARM else 272, 0x10000000),
    'clone3': (435, None, 0),
    'fsopen': (430, b'tmpfs', 0),
    'open_tree': (428, -100, b'/', 1),
    'memfd_secret': (447, 0),
    'syslog': (116 if ARM else 103, 10, buffer, 0),
    'quotactl': (60 if ARM else 179, 0x800004, None, 0, None),
    'pidfd_getfd': (438, 0, 0, 0),
    'personality of another process': (270 if ARM else 310, 1, None, 0, None, 0, 0),
    'fanotify_init': (262 if ARM else 300, 0, 0),
    'statmount': (457, None, buffer, 4096, 0),
}
for name, (number, *arguments) in calls.items():
    ctypes.set_errno(0)
    result = libc.syscall(number, *arguments)
    # EPERM, EACCES and ENOSYS are refusals; anything else means that the kernel looked at the arguments.
    if result >= 0 or ctypes.get_errno() not in (1, 13, 38):
        print('succeeded', name, result, ctypes.get_errno())
