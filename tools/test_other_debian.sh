#!/usr/bin/env bash
# Runs the tests with the QGIS, GDAL and Python of another Debian, in a folder of its own, which is made once and used again.
# usage: tools/test_other_debian.sh SUITE FOLDER "PACKAGE..." TEST_FOLDER...
# SUITE is the name of the release, such as trixie or forky.
#
# The repository, and the real data beside it where it is there, are mounted read-only. All mounts are made in a mount namespace of
# this script's own, so that the kernel undoes them when it ends, however it ends.
set -euo pipefail

[ "$(id -u)" -eq 0 ] || exec sudo env "CRISM_TEST_DATA=${CRISM_TEST_DATA:-}" "$0" "$@"
if [ "${1:-}" != --inside ]; then
    exec unshare --mount --propagation private "$0" --inside "$@"
fi

repository=$(cd "$(dirname "$0")/.." && pwd)
data=${CRISM_TEST_DATA:-$repository/../shared/data}
suite=$2
root=$(realpath -m "$3")
read -ra packages <<<"$4"
shift 4

in_root() {
    chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "${@:2}"
}

mount_system() {
    mount --bind /proc "$1/proc"
    mount --rbind /dev "$1/dev"
}

# The mirror, and how to reach it, are the host's: its first Debian repository, its proxies, its certificates.
host_mirror() {
    local found=""
    if command -v apt-get >/dev/null; then
        found=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
            awk '$1 == "Debian" && $2 == "main" && !seen {print $3; seen = 1}')
    fi
    echo "$found" # nothing: debootstrap takes its own
}

copy_apt_settings() {
    if command -v apt-config >/dev/null; then
        apt-config dump | grep -E '^Acquire::(http|https|Check-|Retries)' >"$1/etc/apt/apt.conf.d/00host" || true
    fi
    if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
        mkdir -p "$1/etc/ssl/certs"
        cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/ca-certificates.crt"
    fi
    cp --dereference /etc/resolv.conf "$1/etc/resolv.conf" # the host's may have changed since the folder was made
}

install_packages() {
    copy_apt_settings "$1"
    in_root "$1" apt-get update --quiet=2
    in_root "$1" apt-get install --yes --quiet=2 --no-install-recommends "${packages[@]}" >/dev/null
    in_root "$1" apt-get clean
    echo "${packages[*]}" >"$1/crism-gan-packages"
}

make_root() {
    local unfinished=$root.unfinished scripts=/usr/share/debootstrap/scripts mirror script
    echo "Making a Debian $suite in $root (once; some minutes, 3.5 GB)" >&2
    script=$scripts/$suite
    [ -e "$script" ] || script=$scripts/sid # a release that is newer than debootstrap is made like Debian unstable
    mirror=$(host_mirror)
    rm -rf --one-file-system "$unfinished"
    mkdir -p "$unfinished"
    debootstrap --variant=minbase "$suite" "$unfinished" "$mirror" "$script" >"$unfinished.log" ||
        { tail -n 5 "$unfinished.log" >&2; return 1; }
    printf '#!/bin/sh\nexit 101\n' >"$unfinished/usr/sbin/policy-rc.d" # no package may start a service
    chmod +x "$unfinished/usr/sbin/policy-rc.d"
    # A namespace of its own for this step: its mounts are gone when the folder gets its final name.
    unshare --mount --propagation private bash -euo pipefail -c "$(declare -f); $(declare -p packages)
        mount_system '$unfinished'; install_packages '$unfinished'"
    rm -f "$unfinished.log"
    mv "$unfinished" "$root"
}

[ -d "$root" ] || make_root
mount_system "$root"
[ "$(cat "$root/crism-gan-packages")" = "${packages[*]}" ] || install_packages "$root"

mount_read_only() {
    mkdir -p "$2"
    mount --bind "$1" "$2"
    mount -o remount,bind,ro "$2"
}
mount -t tmpfs tmpfs "$root/mnt"
mount_read_only "$repository" "$root/mnt/repository"
[ ! -d "$data" ] || mount_read_only "$data" "$root/mnt/data"
mount -t tmpfs tmpfs "$root/tmp"

in_root "$root" PYTHONDONTWRITEBYTECODE=1 QT_QPA_PLATFORM=offscreen CRISM_TEST_DATA=/mnt/data TMPDIR=/tmp \
    sh -c 'cd /mnt/repository && exec "$@"' sh bash tools/run_tests.sh "$@"
