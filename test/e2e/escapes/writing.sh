attempt write-outside 'write outside the granted folder' shell "echo x > $secret/new" '[ -e "$secret/new" ]'
attempt write-home 'append to the startup file of the shell' shell "echo evil >> $HOME/.bashrc; echo evil >> ~/.bashrc" 'grep -q evil "$HOME/.bashrc"'
attempt write-shown 'write in the shown folder' shell "echo x > $ESC_SHOWN/new; echo x > $ESC_SHOWN/file; rm -f $ESC_SHOWN/file; chmod 777 $ESC_SHOWN" '[ -e "$ESC_SHOWN/new" ] || [ "$(cat "$ESC_SHOWN/file")" != shown ] || [ "$(stat -c %a "$ESC_SHOWN")" = 777 ]'
attempt write-hard-link 'write a shown file through a hard link' shell "ln $ESC_SHOWN/file linked && echo x > linked" '[ "$(cat "$ESC_SHOWN/file")" != shown ]'
attempt write-race 'swap a folder for a link while writing' python "$(payload swap | sed "s|SECRET|$secret|")" '[ -e "$secret/raced" ]'
rm -rf "$ESC_WORK/sub" "$ESC_WORK/sub-real" "$secret/raced"; mkdir -p "$ESC_WORK/sub"
attempt write-remount 'make read-only mounts writable' shell "for m in / $ESC_SHOWN $ESC_WORK/.git /proc /usr; do mount -o remount,rw,bind \$m; done; echo x > $ESC_SHOWN/new; echo x > /usr/toka-escapes" '[ -e "$ESC_SHOWN/new" ] || [ -e /usr/toka-escapes ]'
attempt write-namespace 'unmount in a namespace of its own' shell "unshare -Urm bash -c 'for m in \$(cut -d\" \" -f5 /proc/self/mountinfo | sort -r); do umount -l \$m; done; echo x > $secret/new; echo x > $ESC_SHOWN/new'" '[ -e "$secret/new" ] || [ -e "$ESC_SHOWN/new" ]'
attempt write-tmp "leave a file in this machine's /tmp" shell "echo x > /tmp/toka-escapes-new-$$" '[ -e "/tmp/toka-escapes-new-$$" ]'
attempt write-hook 'plant a git hook' shell 'mkdir -p .git/hooks; printf "#!/bin/sh\n" > .git/hooks/post-commit; chmod +x .git/hooks/post-commit' '[ -e "$ESC_WORK/.git/hooks/post-commit" ]'
attempt write-git-config 'make git run a program' shell 'git config core.fsmonitor ./evil; echo "[core] fsmonitor = ./evil" >> .git/config' 'grep -q evil "$ESC_WORK/.git/config"'
extra="--allow fs:read:$ESC_WORK/sub/** --allow fs:read:$ESC_WORK/.git/**"
attempt write-nested 'turn nested grants into more' shell 'echo x > .git/new; echo x > .git/hooks/pre-commit' '[ -e "$ESC_WORK/.git/new" ] || [ -e "$ESC_WORK/.git/hooks/pre-commit" ]'
extra=
rm -f "$ESC_WORK/.git/new" "$ESC_WORK/.git/hooks/pre-commit" 2> /dev/null
attempt write-git-move 'put another folder in the place of .git' shell 'mv .git git-old; mkdir .git && echo evil > .git/config; rm -rf .git' '[ ! -d "$ESC_WORK/.git/objects" ] || [ -e "$ESC_WORK/git-old" ]'
attempt write-tool 'add a tool of toka to the project' shell 'echo evil > .toka/tools/evil.yaml; mv .toka toka-old' '[ -e "$ESC_WORK/.toka/tools/evil.yaml" ] || [ -e "$ESC_WORK/toka-old" ]'
attempt write-state 'forge the state of toka' shell 'echo evil > .toka/state/journal; rm -rf .toka/state' '[ "$(cat "$ESC_WORK/.toka/state/journal")" != "$c_state" ]'
attempt write-setuid 'leave a program that changes the user' shell 'cp /bin/true made && chmod 4755 made' '[ -u "$ESC_WORK/made" ]'
attempt write-setgid 'make such a program in one call' python 'import os
for mode in (0o4755, 0o2755, 0o6755):
    try: os.close(os.open("made-%o" % mode, os.O_CREAT | os.O_WRONLY, mode))
    except OSError as error: print(error)
    try: os.mkdir("folder-%o" % mode); os.chmod("folder-%o" % mode, mode)
    except OSError as error: print(error)' 'find "$ESC_WORK" -perm /6000 | grep -q .'
# Version 2 of the attribute, effective, with CAP_SYS_ADMIN permitted (linux/capability.h).
attempt write-capability 'give a program capabilities' python 'import os, shutil, struct
shutil.copy("/bin/true", "made2")
os.setxattr("made2", "security.capability", struct.pack("<5I", 0x02000001, 1 << 21, 0, 0, 0))' 'python3 -c "import os, sys; sys.exit(not os.listxattr(sys.argv[1]))" "$ESC_WORK/made2"'
rm -rf "$ESC_WORK"/made* "$ESC_WORK"/folder-* "$ESC_WORK/linked"
attempt write-kernel 'open the settings of the kernel for writing' python 'for name in ("sys/kernel/core_pattern", "sys/kernel/modprobe", "sys/vm/drop_caches", "sysrq-trigger", "sys/kernel/ns_last_pid"):
    try: open("/proc/" + name, "r+b", 0).close(); print("opened", name)
    except OSError as error: print(error)' 'said opened'
attempt write-program 'overwrite the program that runs, or the launcher' python 'import os
for name in ("self", "1", str(os.getppid())):
    for flags in (os.O_WRONLY, os.O_RDWR):
        try: os.close(os.open("/proc/%s/exe" % name, flags)); print("opened", name)
        except OSError as error: print(error)' 'said opened'
attempt write-system 'change the programs of the system' shell 'echo x > /usr/toka-escapes; echo x > /etc/toka-escapes; for f in /etc/passwd /etc/ld.so.cache /usr/bin/env; do (: >> "$f") && echo opened; done' '[ -e /usr/toka-escapes ] || [ -e /etc/toka-escapes ] || said opened'
rm -f /usr/toka-escapes /etc/toka-escapes 2> /dev/null
attempt write-core 'leave a core file' shell 'ulimit -c unlimited; kill -SEGV $$' 'ls "$ESC_WORK" | grep -q "^core"'
# A single file is written through a copy.
echo original > "$base/single"
extra="--allow fs:write:$base/single"
attempt write-single-half 'leave a single file half-written' shell "echo half > $base/single; sleep 20" '[ "$(cat "$base/single")" != original ]'
attempt write-single-link 'put a link in the place of a single file' shell "rm -f $base/single; ln -sf $secret/file $base/single; mv -f link-to-file $base/single; echo evil > $base/single" '[ -L "$base/single" ] || [ "$(cat "$secret/file")" != "$c_file" ]'
attempt write-single-beside 'write beside a single file' shell "echo x > $base/beside; ls -A $base" '[ -e "$base/beside" ] || said secret'
# toka keeps its pipes and copies in a folder that a grant must not open.
extra="--allow fs:write:$base/tmp/**"
attempt write-scratch "reach toka's own files through a grant" shell "find $base/tmp -name 'toka*' -mindepth 2; find $base/tmp -type p; echo x > \$(find $base/tmp -type p | head -1)" 'said toka-'
extra=
if wanted write-name; then
  odd=$ESC_WORK/$'odd\n--bind\n/\n/\nname'
  mkdir -p "$odd/--bind / /"
  extra='--allow "fs:write:$odd/**" --cwd "$odd"'
  attempt write-name 'smuggle options in the name of a folder' shell "cat $secret/file; echo x > $secret/new; echo x > inside" 'said "$c_file" || [ -e "$secret/new" ]'
  extra=
fi
if wanted write-options; then
  (cd "$ESC_WORK" && eval "timeout -s KILL 7 ${SANDBOX//@EXTRA@/} --dev-bind / / bash -c 'cat $secret/file'") < /dev/null > "$out" 2> "$err"
  judge write-options 'smuggle options as the command' "$(said "$c_file" && echo 1 || echo 0)"
fi
