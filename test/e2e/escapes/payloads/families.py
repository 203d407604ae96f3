import socket
# AF_KEY, AF_PACKET, AF_RDS, AF_CAN, AF_TIPC, AF_BLUETOOTH, AF_ALG, AF_NFC, AF_VSOCK, AF_KCM, AF_QIPCRTR, AF_SMC, AF_XDP
for family in (15, 17, 21, 29, 30, 31, 38, 39, 40, 41, 42, 43, 44):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try:
            socket.socket(family, kind)
            print('opened', family, kind)
        except OSError:
            pass
# SCTP and DCCP load modules; netlink beyond routes reaches audit, uevents and crypto; raw sockets forge packets
for family, kind, protocol in ((2, 1, 132), (2, 6, 33), (16, 3, 9), (16, 3, 15), (16, 3, 21), (16, 3, 16), (2, 3, 1), (10, 3, 58)):
    try:
        socket.socket(family, kind, protocol)
        print('opened', family, kind, protocol)
    except OSError:
        pass
