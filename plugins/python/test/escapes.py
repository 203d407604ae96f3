import subprocess
import sys

program, flag, text = params["argv"]
if (program, flag) == ("python3", "-c"):
    exec(compile(text, "<attempt>", "exec"))
else:
    sys.exit(subprocess.run([program, flag, text]).returncode)
