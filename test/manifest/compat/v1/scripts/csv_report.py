import json, sys

json.dump(json.load(sys.stdin), sys.stdout)
