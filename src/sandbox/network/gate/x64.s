# The gate for x86-64 Linux; see gate.ts, which holds the assembled bytes.
        .globl  _start
        .set    CHANNEL, 9
        .set    LISTENER, 11
        .set    CLOEXEC, 0x80000

_start: mov     $41, %eax               # socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
        mov     $2, %edi
        mov     $(CLOEXEC + 1), %esi
        xor     %edx, %edx
        syscall
        mov     %eax, %edi              # dup3(socket, LISTENER, O_CLOEXEC): the number that the message names
        mov     $292, %eax
        mov     $LISTENER, %esi
        mov     $CLOEXEC, %edx
        syscall
        mov     $49, %eax               # bind(LISTENER, address, 16)
        mov     $LISTENER, %edi
        mov     $address, %esi
        mov     $16, %edx
        syscall
        test    %eax, %eax
        jnz     fail
        mov     $50, %eax               # listen(LISTENER, 128)
        mov     $LISTENER, %edi
        mov     $128, %esi
        syscall
        test    %eax, %eax
        jnz     fail
        mov     $72, %eax               # fcntl(CHANNEL, F_SETFD, FD_CLOEXEC): the program never has it
        mov     $CHANNEL, %edi
        mov     $2, %esi
        mov     $1, %edx
        syscall
        test    %eax, %eax
        jnz     fail
        mov     $46, %eax               # sendmsg(CHANNEL, message, 0)
        mov     $CHANNEL, %edi
        mov     $message, %esi
        xor     %edx, %edx
        syscall
        test    %rax, %rax
        js      fail
        mov     (%rsp), %rax            # execve(argv[1], argv + 1, envp)
        lea     16(%rsp), %rsi
        mov     (%rsi), %rdi
        lea     (%rsi,%rax,8), %rdx
        mov     $59, %eax
        syscall
        cmp     $-8, %eax               # ENOEXEC: a script without a first line is the shell's, as for execvp(3)
        jne     report
        mov     $shell, %edi            # execve("/bin/sh", argv, envp), the name of the gate replaced
        lea     8(%rsp), %rsi
        mov     %rdi, (%rsi)
        mov     $59, %eax
        syscall
report: mov     $1, %eax                # write(CHANNEL, failed)
        mov     $CHANNEL, %edi
        mov     $failed, %esi
        mov     $(end - failed), %edx
        syscall
fail:   mov     $231, %eax              # exit_group(126)
        mov     $126, %edi
        syscall

        .include "data.s"
