#!/usr/bin/env python3
"""Checks every JSON, JSON Lines and TOML file of a tree and writes one JSON value.

    data-check.py [--exclude NAME]... [--max-bytes BYTES] [PATH]

Python 3.9 or later, standard library only (TOML from 3.11 on). Exit code 0: all valid; 1: at least one is not; 2: wrong usage.
"""

import argparse
import fnmatch
import json
import json.decoder
import json.scanner
import os
import re
import stat
import sys

try:
    import tomllib
except ModuleNotFoundError:
    tomllib = None

EXCLUDED = (".git", ".hg", ".svn", "node_modules", "bower_components", "vendor", "dist", "build", "target", ".venv", "venv", "__pycache__", ".toka")
JSON_NAMES = ("*.json", "*.geojson", "*.webmanifest", "*.ipynb", "*.code-workspace", "*.jsonc", "*.map", ".babelrc", ".swcrc", ".oxlintrc.json")
LINES_NAMES = ("*.jsonl", "*.ndjson")
# Files whose own programs accept comments and trailing commas.
COMMENT_NAMES = ("*.jsonc", "*.code-workspace", "tsconfig*.json", "jsconfig*.json", "devcontainer.json", ".oxlintrc.json", ".eslintrc.json", ".babelrc", ".swcrc", "turbo.json", "deno.json", "wrangler.json")
COMMENT_FOLDERS = (".vscode", ".devcontainer")
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/|\b(?:NaN|Infinity)\b', re.DOTALL)
TRAILING_COMMA = re.compile(r'"(?:\\.|[^"\\\n])*"|,(?=\s*[}\]])', re.DOTALL)
MOST_FINDINGS = 1000


class Duplicate(Exception):
    pass


class Constant(Exception):
    pass


class Report:
    def __init__(self):
        self.checked = 0
        self.invalid = 0
        self.findings = []
        self.skipped = []

    def check(self, path, problems):
        self.checked += 1
        problems = list(problems)
        if any(problem["severity"] == "error" for problem in problems):
            self.invalid += 1
        shown = relative(path)
        self.findings.extend({"path": shown, **problem} for problem in problems)

    def skip(self, path, reason):
        self.skipped.append({"path": relative(path), "reason": reason})

    def print(self):
        json.dump(
            {
                "message": f"{self.checked} files checked, {self.invalid} of them not valid",
                "checked": self.checked,
                "invalid": self.invalid,
                "findings": self.findings[:MOST_FINDINGS],
                "skipped": self.skipped[:MOST_FINDINGS],
                "truncated": len(self.findings) > MOST_FINDINGS or len(self.skipped) > MOST_FINDINGS,
            },
            sys.stdout,
        )
        sys.stdout.write("\n")


def relative(path):
    """The path as the caller sees it; bytes that are not UTF-8 are shown as U+FFFD."""
    current = os.getcwd() + os.sep
    shown = path[len(current):] if path.startswith(current) else path
    return os.fsencode(shown).decode("utf-8", "replace")


def problem(kind, message, line=None, column=None, severity="error"):
    place = {} if line is None else {"line": line, "column": column}
    return {"kind": kind, "severity": severity, "message": message, **place}


def place_of(text, offset):
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def reject_duplicates(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise Duplicate
    return None


def reject_constant(_name):
    raise Constant


def check_json(text, first_line=1):
    """Yields what is wrong with a JSON text (RFC 8259: no NaN; duplicate keys are allowed there, and always a mistake)."""
    # Numbers are not converted: a figure of 5000 digits is valid JSON.
    hooks = {"parse_int": lambda digits: None, "parse_float": lambda digits: None, "parse_constant": reject_constant}
    try:
        json.loads(text, object_pairs_hook=reject_duplicates, **hooks)
    except json.JSONDecodeError as error:
        yield problem("syntax", error.msg, first_line + error.lineno - 1, error.colno)
    except Duplicate:
        for offset, key, earlier in find_duplicates(text, hooks):
            line, column = place_of(text, offset)
            first = first_line + place_of(text, earlier)[0] - 1
            yield problem("duplicate-key", f"{json.dumps(key)} stands in line {first} already; most programs take the last", first_line + line - 1, column)
    except Constant:
        word = next(match for match in TOKEN.finditer(text) if match.group()[0] in "NI")
        line, column = place_of(text, word.start())
        yield problem("syntax", f"{word.group()} is no JSON value", first_line + line - 1, column)
    except RecursionError:
        yield problem("syntax", "is nested too deeply for most programs", first_line, 1)


def find_duplicates(text, hooks):
    """Reads once more with the standard library's own reader in Python, noting where each key starts."""
    decoder = json.JSONDecoder(**{**hooks, "parse_constant": lambda name: None})
    found = []
    skip = re.compile(r"[ \t\n\r]*").match

    def read_object(state, strict, scan_once, *_rest):
        text, at = state
        seen = {}
        at = skip(text, at).end()
        while text[at:at + 1] == '"':
            start = at
            key, at = json.decoder.scanstring(text, at + 1, strict)
            if key in seen:
                found.append((start, key, seen[key]))
            else:
                seen[key] = start
            at = skip(text, at).end()
            _, at = scan_once(text, skip(text, at + 1).end())
            at = skip(text, at).end()
            if text[at:at + 1] == ",":
                at = skip(text, at + 1).end()
        return None, at + 1

    decoder.parse_object = read_object
    decoder.memo = {}
    decoder.scan_once = json.scanner.py_make_scanner(decoder)
    try:
        decoder.decode(text)
    except (RecursionError, Constant, ValueError):
        pass
    return sorted(found)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def without_comments(text):
    """Comments and trailing commas become spaces, so that every place stays where it is."""
    text = TOKEN.sub(lambda match: blank(match) if match.group().startswith("/") else match.group(), text)
    return TRAILING_COMMA.sub(lambda match: " " if match.group() == "," and follows_value(match) else match.group(), text)


def follows_value(match):
    text, at = match.string, match.start() - 1
    while at >= 0 and text[at].isspace():
        at -= 1
    return at >= 0 and text[at] not in ":,[{"


def check_lines(text):
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield from check_json(line.rstrip("\r"), number)


def check_toml(text):
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        match = re.search(r" \(at line (\d+), column (\d+)\)$", message)
        if match:
            yield problem("syntax", message[:match.start()], int(match[1]), int(match[2]))
        else:
            end = len(text.rstrip())
            yield problem("syntax", re.sub(r" \(at end of document\)$", " at the end", message), *place_of(text, end))
    except RecursionError:
        yield problem("syntax", "is nested too deeply for most programs", 1, 1)
    except ValueError as error:
        yield problem("syntax", str(error))


def check_bytes(path, data):
    name = os.path.basename(path)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield problem("encoding", "is UTF-16; JSON and TOML are UTF-8", 1, 1)
        return
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        yield problem("bom", "starts with a byte order mark, which many programs refuse", 1, 1, "warning")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[:error.start]
        yield problem("encoding", "is not UTF-8", before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        return
    if matches(name, ("*.toml",)):
        yield from check_toml(text)
    elif matches(name, LINES_NAMES):
        yield from check_lines(text)
    else:
        comments = matches(name, COMMENT_NAMES) or os.path.basename(os.path.dirname(path)) in COMMENT_FOLDERS
        yield from check_json(without_comments(text) if comments else text)


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def check_file(path, report, max_bytes):
    if tomllib is None and matches(os.path.basename(path), ("*.toml",)):
        report.skip(path, "TOML needs Python 3.11 or later")
        return
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            report.skip(path, "is not a regular file")
            return
        if status.st_size > max_bytes:
            report.skip(path, f"is larger than {max_bytes} bytes")
            return
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        report.skip(path, error.strerror or "cannot be read")
        return
    report.check(path, check_bytes(path, data))


DATA_NAMES = JSON_NAMES + LINES_NAMES + ("*.toml",)


def files_below(folder, excluded, report):
    def on_error(error):
        report.skip(error.filename, error.strerror or "cannot be read")

    for parent, folders, names in os.walk(folder, onerror=on_error):
        folders[:] = sorted(name for name in folders if not matches(name, excluded))
        for name in sorted(names):
            if matches(name, DATA_NAMES):
                path = os.path.join(parent, name)
                if not os.path.islink(path):
                    yield path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exclude", action="append", default=[], metavar="NAME")
    parser.add_argument("--max-bytes", type=int, default=16 * 1024 * 1024)
    parser.add_argument("path", nargs="*", default=["."])
    options = parser.parse_args()
    report = Report()
    for path in map(os.path.abspath, options.path):
        if os.path.isdir(path):
            for file in files_below(path, EXCLUDED + tuple(options.exclude), report):
                check_file(file, report, options.max_bytes)
        elif os.path.lexists(path) and not matches(os.path.basename(path), DATA_NAMES):
            report.skip(path, "is not JSON, JSON Lines or TOML by its name")
        elif os.path.lexists(path):
            check_file(os.path.realpath(path), report, options.max_bytes)
        else:
            parser.error(f"there is no file or folder {os.fsencode(path).decode('utf-8', 'replace')}")
    report.print()
    return 1 if report.invalid else 0


if __name__ == "__main__":
    sys.exit(main())
