"""Makes a virtual environment and installs packages into it: BESIDE FOLDER REQUIREMENT…, made in BESIDE and later moved to FOLDER."""

import importlib.util
import os
import shutil
import subprocess
import sys
import venv

# pip is found in one folder, and nothing else is: a package that this folder has as well is not in the environment.
RUN_PIP = """
import importlib.machinery, runpy, sys
folder = sys.argv.pop(1)
class Pip:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return importlib.machinery.PathFinder.find_spec(name, [folder]) if name == "pip" else None
sys.meta_path.insert(0, Pip)
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


def folder_of_pip(unfinished):
    """The pip of this Python; where it has none, one in an environment of its own, which takes five seconds to make."""
    found = importlib.util.find_spec("pip")
    if found is not None and found.origin is not None:
        return os.path.dirname(os.path.dirname(found.origin))
    venv.create(unfinished, symlinks=True, with_pip=True)
    return os.path.join(unfinished, "lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages")


beside, folder, *requirements = sys.argv[1:]
venv.create(beside, symlinks=True)
with_pip = os.path.join(beside, "with-pip")
# Only wheels: whatever else pip installs runs code of its author to be built.
options = ["--only-binary", ":all:", "--no-input", "--no-cache-dir", "--disable-pip-version-check", "--progress-bar", "off", "--quiet"]
pip = subprocess.run([os.path.join(beside, "bin", "python"), "-I", "-c", RUN_PIP, folder_of_pip(with_pip), "install", *options, "--", *requirements])
if pip.returncode != 0:
    sys.exit(pip.returncode)
shutil.rmtree(with_pip, ignore_errors=True)
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
