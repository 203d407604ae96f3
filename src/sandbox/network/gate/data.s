        .balign 8
message:                                /* struct msghdr: no name, one vector, one control message */
        .quad   0, 0
        .quad   vector, 1
        .quad   rights, 20, 0
vector: .quad   told, failed - told
rights: .quad   20                      /* struct cmsghdr: SOL_SOCKET, SCM_RIGHTS, one descriptor */
        .long   1, 1, LISTENER
address:                                /* struct sockaddr_in: 127.0.0.1:62811 */
        .short  2
        .byte   0xf5, 0x5b
        .byte   127, 0, 0, 1
        .quad   0
told:   .ascii  "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":\"listening\"}\n"
failed: .ascii  "\"not startable\"\n"
end:
shell:  .asciz  "/bin/sh"
