// The gate for AArch64 Linux; see gate.ts, which holds the assembled bytes.
        .globl  _start
        .set    CHANNEL, 9
        .set    LISTENER, 11
        .set    CLOEXEC, 0x80000

_start: mov     x8, #198                // socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
        mov     x0, #2
        mov     x1, #CLOEXEC
        orr     x1, x1, #1
        mov     x2, #0
        svc     #0
        mov     x8, #24                 // dup3(socket, LISTENER, O_CLOEXEC): the number that the message names
        mov     x1, #LISTENER
        mov     x2, #CLOEXEC
        svc     #0
        mov     x8, #200                // bind(LISTENER, address, 16)
        mov     x0, #LISTENER
        adr     x1, address
        mov     x2, #16
        svc     #0
        cbnz    x0, fail
        mov     x8, #201                // listen(LISTENER, 128)
        mov     x0, #LISTENER
        mov     x1, #128
        svc     #0
        cbnz    x0, fail
        mov     x8, #25                 // fcntl(CHANNEL, F_SETFD, FD_CLOEXEC): the program never has it
        mov     x0, #CHANNEL
        mov     x1, #2
        mov     x2, #1
        svc     #0
        cbnz    x0, fail
        mov     x8, #211                // sendmsg(CHANNEL, message, 0)
        mov     x0, #CHANNEL
        adr     x1, message
        mov     x2, #0
        svc     #0
        tbnz    x0, #63, fail
        ldr     x3, [sp]                // execve(argv[1], argv + 1, envp)
        add     x1, sp, #16
        ldr     x0, [x1]
        add     x2, x1, x3, lsl #3
        mov     x8, #221
        svc     #0
        cmn     x0, #8                  // ENOEXEC: a script without a first line is the shell's, as for execvp(3)
        b.ne    report
        adr     x0, shell               // execve("/bin/sh", argv, envp), the name of the gate replaced
        str     x0, [sp, #8]
        add     x1, sp, #8
        mov     x8, #221
        svc     #0
report: mov     x8, #64                 // write(CHANNEL, failed)
        mov     x0, #CHANNEL
        adr     x1, failed
        mov     x2, #(end - failed)
        svc     #0
fail:   mov     x8, #94                 // exit_group(126)
        mov     x0, #126
        svc     #0

        .include "data.s"
