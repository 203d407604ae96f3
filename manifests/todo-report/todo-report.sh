#!/usr/bin/env bash
# Lists marked comments of a tree as one JSON value.
#   todo-report.sh [--marker WORD]... [--exclude NAME]... [--limit COUNT] [PATH]...
# Works with bash 3.2 and later, GNU or BSD grep, find, sort and xargs.
set -u
# Bytes, not characters: file names and contents may be in any encoding.
export LC_ALL=C

fail() {
  printf 'todo-report: %s\n' "$1" >&2
  exit 2
}

markers=()
excluded=(.git .hg .svn node_modules bower_components vendor dist build target coverage .venv venv __pycache__ .toka)
limit=1000
paths=()
while [ $# -gt 0 ]; do
  case $1 in
    --marker | --exclude | --limit) [ $# -ge 2 ] || fail "$1 needs a value" ;;
  esac
  case $1 in
    --marker) markers+=("$2"); shift ;;
    --exclude) excluded+=("$2"); shift ;;
    --limit) limit=$2; shift ;;
    --) shift; paths+=("$@"); break ;;
    --*) fail "unknown option $1" ;;
    *) paths+=("$1") ;;
  esac
  [ $# -gt 0 ] && shift
done
[ ${#markers[@]} -gt 0 ] || markers=(TODO FIXME HACK)
for marker in "${markers[@]}"; do
  [[ $marker =~ ^[A-Za-z][A-Za-z0-9_-]*$ ]] || fail "expected a word as marker, found $marker"
done
[[ $limit =~ ^[0-9]{1,9}$ ]] || fail "expected a number as limit, found $limit"
[ ${#paths[@]} -gt 0 ] || paths=(.)
for index in "${!paths[@]}"; do
  # No program may take a name for an option.
  case ${paths[index]} in /* | . | .. | ./* | ../*) ;; *) paths[index]=./${paths[index]} ;; esac
  [ -e "${paths[index]}" ] || fail "there is no file or folder ${paths[index]}"
  [ -r "${paths[index]}" ] || fail "${paths[index]} cannot be read"
done

alternatives=$(IFS='|'; printf '%s' "${markers[*]}")
pattern="(^|[^A-Za-z0-9_])($alternatives)([^A-Za-z0-9_]|\$)"
names=()
for name in "${excluded[@]}"; do names+=(-o -name "$name"); done

# A name that no file can have stands for what could not be read.
find_files() {
  find "${paths[@]}" -type d \( "${names[@]:1}" \) -prune -o -type f -print0 || printf '//unreadable\0'
}

search() {
  # shellcheck disable=SC2016
  find_files 2>/dev/null | sort -zu | xargs -0 sh -c '
    pattern=$1; shift
    grep -HnIE --null -e "$pattern" -- "$@" </dev/null 2>/dev/null
    [ $? -le 1 ] || printf "//unreadable\\0000:\\n"
  ' sh "$pattern"
}

# Writes a JSON string without its quotes into $escaped.
escape() {
  local code character unicode
  escaped=${1//\\/\\\\}
  escaped=${escaped//\"/\\\"}
  escaped=${escaped//$'\t'/\\t}
  case $escaped in *[[:cntrl:]]*) ;; *) return ;; esac
  for code in 01 02 03 04 05 06 07 08 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f; do
    printf -v character "\\x$code"
    unicode="\\u00$code"
    escaped=${escaped//"$character"/"$unicode"}
  done
}

# Sets $before to the number of bytes before the match; bash itself needs seconds for that in a minified file.
column_of() {
  if [ ${#1} -le 4096 ]; then
    before=${1%%"$2"*}
    before=${#before}
  else
    before=$(printf '%s\n' "$1" | grep -aboE -e "$pattern" | head -n 1)
    before=${before%%:*}
  fi
}

report() {
  local file rest line text before marker index total=0 listed=0 complete=true separator='' counts=()
  for index in "${!markers[@]}"; do counts[index]=0; done
  printf '{"items":['
  while IFS= read -r -d '' file && IFS= read -r rest; do
    if [ "$file" = //unreadable ]; then
      complete=false
      continue
    fi
    line=${rest%%:*}
    text=${rest#*:}
    [[ $text =~ $pattern ]] || continue
    marker=${BASH_REMATCH[2]}
    for index in "${!markers[@]}"; do
      [ "${markers[index]}" = "$marker" ] && counts[index]=$((counts[index] + 1))
    done
    total=$((total + 1))
    [ "$listed" -lt "$limit" ] || continue
    listed=$((listed + 1))
    column_of "$text" "${BASH_REMATCH[0]}"
    file=${file#"$PWD"/}
    escape "${file#./}"
    printf '%s{"path":"%s","line":%s,"column":%s,"marker":"%s",' "$separator" "$escaped" "$line" "$((before + ${#BASH_REMATCH[1]} + 1))" "$marker"
    text=${text:before:240}
    text=${text#"${text%%[![:space:]]*}"}
    text=${text%"${text##*[![:space:]]}"}
    escape "$text"
    printf '"text":"%s"}' "$escaped"
    separator=,
  done
  printf '],"counts":{'
  for index in "${!markers[@]}"; do
    [ "$index" -eq 0 ] || printf ','
    printf '"%s":%s' "${markers[index]}" "${counts[index]}"
  done
  printf '},"total":%s,"listed":%s,"complete":%s,"message":"%s marked comments"}\n' "$total" "$listed" "$complete" "$total"
}

# JSON is UTF-8: bytes that are not are dropped.
clean() {
  if command -v iconv >/dev/null 2>&1; then iconv -c -f UTF-8 -t UTF-8 2>/dev/null; else tr -cd '\000-\177'; fi
}

search | report | clean
exit 0
