#!/usr/bin/env bash
# Installs the Debian packages that are named and not there yet. Quick when there is nothing to do: apt is not called then.
# usage: tools/install_packages.sh PACKAGE...
set -euo pipefail

if ! command -v dpkg-query >/dev/null; then
    echo "This is no Debian or Ubuntu: make sure that you have what these packages hold: $*" >&2
    exit 0
fi

missing=()
for package in "$@"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Not root, and no sudo: ask someone to run: apt-get install --no-install-recommends ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
echo "Installing from apt: ${missing[*]}" >&2
"${as_root[@]}" apt-get update --quiet=2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends "${missing[@]}" >&2
