# Sourced by the scripts beside it: makes .venv from a lock file, once per version of that file.
# usage: setup LOCKFILE
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
venv="$here/.venv"

say() { printf '%s\n' "$*" >&2; }

# Runs a command and shows what it said only when it failed.
quietly() {
  local said
  said=$("$@" 2>&1) || { say "$said"; return 1; }
}

# Runs a command as root, if this is root or sudo asks for no password.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

find_python() {
  local python
  for python in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
    [ -n "$python" ] && command -v "$python" >/dev/null 2>&1 || continue
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { printf '%s' "$python"; return; }
  done
  say "aggregator needs Python 3.11 or newer, and found none. Install it, or name it: PYTHON=/path/to/python3 $0"
  return 2
}

make_venv() {
  local python
  python=$(find_python) || return
  "$python" -m venv "$venv" 2>/dev/null && return
  say "Python's venv module is incomplete here; installing the system's package for it."
  as_root apt-get update -q >/dev/null 2>&1 && as_root apt-get install -y -q python3-venv >/dev/null 2>&1 &&
    "$python" -m venv "$venv" && return
  say "A virtual environment could not be made. On Debian and Ubuntu: apt-get install python3-venv"
  return 1
}

setup() {
  local lock="$here/$1" want have=
  [ -x "$venv/bin/python" ] || { say "Making a virtual environment in .venv …"; make_venv || return; }
  local built=("$here/pyproject.toml" "$here"/aggregator/native/*.[ch])  # what an installation is made from
  want="$(cat "$lock" "${built[@]}" | cksum)"
  # A development environment holds all that a plain one does.
  for stamp in "$venv/.installed-requirements-dev.lock" "$venv/.installed-$1"; do
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(cat "$here/$(basename "${stamp#*.installed-}")" "${built[@]}" | cksum)" ] && have=1
  done
  [ "$1" = requirements-dev.lock ] && { have=; [ -f "$venv/.installed-$1" ] && [ "$(cat "$venv/.installed-$1")" = "$want" ] && have=1; }
  if [ -z "$have" ]; then
    say "Installing what $1 lists (a minute or two, the first time only) …"
    quietly "$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$lock" || return
    quietly "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps -e "$here" || return
    printf '%s' "$want" > "$venv/.installed-$1"
  fi
}
