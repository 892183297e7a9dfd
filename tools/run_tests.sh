#!/usr/bin/env bash
# Runs each test folder that is named in a process of its own (QGIS is started and ended once in each), with a private home folder.
# PYTHON may name another Python than the system's.
# usage: tools/run_tests.sh FOLDER...
set -euo pipefail

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir -m 700 "$home/runtime"
export HOME=$home XDG_RUNTIME_DIR=$home/runtime QT_QPA_PLATFORM=offscreen QGIS_PLUGINPATH=$PWD/build
export HYPOTHESIS_STORAGE_DIRECTORY=$home/hypothesis # not in the repository, which may be read-only

python=${PYTHON:-/usr/bin/python3}
"$python" tools/versions.py
failed=()
for folder in "$@"; do
    echo "== $folder"
    pytest=("$python" tools/run_pytest.py -p no:cacheprovider)
    # The tests of the core share nothing: each processor takes a part of them, where pytest can do that, and one thread for each.
    if [ "$folder" = tests/core ] && "$python" -c 'import xdist' 2>/dev/null; then
        pytest=(env OMP_NUM_THREADS=1 "${pytest[@]}" -n auto --maxprocesses 4)
    fi
    "${pytest[@]}" "$folder" || failed+=("$folder")
done
[ ${#failed[@]} -eq 0 ] || { echo "Failed: ${failed[*]}" >&2; exit 1; }
