#!/bin/sh
# Make .venv from the first Python here that fits and really runs (a pyenv shim may not).
# PYTHON=/path/to/python chooses one.
set -eu

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1
}

has_venv() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

# Up to Python 3.12 on Linux x86-64 a Redis server comes with the packages: prefer that where there is none.
versions="3.13 3.12 3.11"
if [ "$(uname -s) $(uname -m)" = "Linux x86_64" ] && ! command -v redis-server >/dev/null && ! command -v valkey-server >/dev/null; then
    versions="3.12 3.11 3.13"
fi

candidates() {
    if [ -n "${PYTHON:-}" ]; then
        printf '%s\n' "$PYTHON"
        return
    fi
    for version in $versions; do
        for folder in "" /usr/local/bin/ /usr/bin/ /opt/homebrew/bin/; do
            printf '%s\n' "${folder}python$version"
        done
    done
    printf '%s\n' python3
}

fitting=$(candidates | while IFS= read -r python; do if fits "$python"; then printf '%s\n' "$python"; fi; done)
if [ -z "$fitting" ]; then
    if [ -n "${PYTHON:-}" ]; then
        echo "PYTHON=$PYTHON does not run, or is not Python 3.11, 3.12 or 3.13." >&2
    else
        echo "This needs Python 3.11, 3.12 or 3.13, and none was found." >&2
        echo "Install one (Debian, Ubuntu: sudo apt-get install python3 python3-venv; macOS: brew install python@3.12)" >&2
        echo "or name it: make run PYTHON=/path/to/python3" >&2
    fi
    exit 1
fi

complete=$(printf '%s\n' "$fitting" | while IFS= read -r python; do if has_venv "$python"; then printf '%s\n' "$python"; break; fi; done)
if [ -z "$complete" ]; then
    # Debian and Ubuntu keep the venv module in a package of its own.
    python=$(printf '%s\n' "$fitting" | head -n 1)
    package=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing $package ..."
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null
    fi
    if ! has_venv "$python"; then
        echo "$python cannot make virtual environments. Install its venv module, on Debian and Ubuntu with" >&2
        echo "  sudo apt-get install $package" >&2
        echo "and run the same command again." >&2
        exit 1
    fi
    complete=$python
fi

echo "Making .venv with $("$complete" --version) ..."
exec "$complete" -m venv --clear .venv
