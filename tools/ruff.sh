#!/usr/bin/env bash
# Runs ruff of one version, made available in build/ when this version is not there.
# usage: tools/ruff.sh VERSION ARGUMENT...
set -euo pipefail

version=$1
shift
python=${PYTHON:-/usr/bin/python3}
ruff=$(command -v ruff || true)
if [ "$("${ruff:-false}" --version 2>/dev/null || true)" != "ruff $version" ]; then
    folder=build/ruff-$version
    ruff=$folder/bin/ruff
    if [ ! -x "$ruff" ]; then
        tools/install_packages.sh python3-venv
        "$python" -m venv "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check "ruff==$version"
    fi
fi
exec "$ruff" "$@"
