control bash 'bash runs and its output arrives' shell 'echo answer-$((6 * 7))' 'said answer-42'
control exit-code 'the exit code arrives' shell 'exit 37' '[ $code = "${ESC_EXIT_CODE:-37}" ]'
control python 'python runs and imports' python 'import hashlib, json, sqlite3, ssl, subprocess; print("answer-%d" % (6 * 7))' 'said answer-42'
control node 'node runs and has WebAssembly' node 'new WebAssembly.Memory({ initial: 1 }); console.log(`answer-${6 * 7}`)' 'said answer-42'
control write 'the granted folder can be written' shell 'echo x > written' '[ -s "$ESC_WORK/written" ]'
control read 'the shown folder can be read' shell 'cat "'"$ESC_SHOWN"'/file"' 'said shown'
control scratch 'there is a private /tmp' shell 'd=$(mktemp -d) && echo answer-42 > "$d/a" && cat "$d/a"' 'said answer-42'
control git 'git works in the folder' shell 'git -c safe.directory="*" log --oneline | wc -l' 'said 1'
control work '100 MB of memory, pipes and children' python 'import subprocess
block = bytearray(100 << 20)
print(subprocess.check_output("echo answer-42 | cat", shell=True).decode())' 'said answer-42'
control children 'node has children and workers' node 'const { execSync } = require("child_process");
new (require("worker_threads").Worker)("1", { eval: true }).on("exit", () => console.log(`${execSync("echo answer-42")}`))' 'said answer-42'
rm -f "$ESC_WORK/written"
