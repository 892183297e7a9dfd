#!/usr/bin/env bash
# Runs a checker of one version, made available in build/ when this version is not there.
# usage: tools/pinned.sh PACKAGE VERSION ARGUMENT...
set -euo pipefail

package=$1 version=$2
shift 2
python=${PYTHON:-/usr/bin/python3}
program=$(command -v "$package" || true)
case "$("${program:-false}" --version 2>/dev/null || true) " in
    "$package $version "*) ;;
    *)
        folder=build/$package-$version
        program=$folder/bin/$package
        if [ ! -x "$program" ]; then
            tools/install_packages.sh python3-venv
            "$python" -m venv "$folder"
            "$folder/bin/pip" install --quiet --disable-pip-version-check "$package==$version"
        fi
        ;;
esac
exec "$program" "$@"
