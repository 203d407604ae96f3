"""Makes a virtual environment and installs packages into it: BESIDE FOLDER REQUIREMENT…, made in BESIDE and later moved to FOLDER."""

import os
import subprocess
import sys
import venv

beside, folder, *requirements = sys.argv[1:]
venv.create(beside, symlinks=True, with_pip=True)
# Only wheels: whatever else pip installs runs code of its author to be built.
options = ["--only-binary", ":all:", "--no-input", "--no-cache-dir", "--disable-pip-version-check", "--progress-bar", "off", "--quiet"]
pip = subprocess.run([os.path.join(beside, "bin", "python"), "-I", "-m", "pip", "install", *options, "--", *requirements])
if pip.returncode != 0:
    sys.exit(pip.returncode)
# Scripts begin with the path of their interpreter.
for name in os.listdir(os.path.join(beside, "bin")):
    path = os.path.join(beside, "bin", name)
    if os.path.islink(path):
        continue
    with open(path, "rb") as file:
        content = file.read()
    moved = content.replace(os.fsencode(beside), os.fsencode(folder))
    if moved != content:
        with open(path, "wb") as file:
            file.write(moved)
