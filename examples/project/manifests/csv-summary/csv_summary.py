"""Writes one JSON object: the rows of a CSV file, and of each column its name, its kind and how many cells are empty."""
import argparse
import csv
import json
import sys


def kind_of(cells):
    try:
        for cell in cells:
            float(cell)
        return "number" if cells else "empty"
    except ValueError:
        return "text"


parser = argparse.ArgumentParser()
parser.add_argument("path")
parser.add_argument("--delimiter", default=",")
arguments = parser.parse_args()
with open(arguments.path, newline="", encoding="utf-8-sig") as file:
    rows = list(csv.reader(file, delimiter=arguments.delimiter))
if not rows:
    sys.exit(f"{arguments.path} has no header line")
header, body = rows[0], rows[1:]
columns = []
for at, name in enumerate(header):
    cells = [row[at] if at < len(row) else "" for row in body]
    filled = [cell for cell in cells if cell != ""]
    columns.append({"name": name, "kind": kind_of(filled), "empty": len(cells) - len(filled)})
print(json.dumps({"rows": len(body), "columns": columns}))
