# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
#
# What the host must have, and what of it is used: programs, privilege, disk, a mirror, a keyring.

suite=trixie
default_mirror=http://deb.debian.org/debian
keyrings=(/usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp)
free_bytes_needed=$((4 << 30))

systemd_host() {
        [[ -d /run/systemd/system ]]
}

# Where the cgroup2 hierarchy is mounted; on hosts with the older one it may be elsewhere or nowhere.
cgroup_root() {
        findmnt --noheadings --first-only --types cgroup2 --output TARGET || true
}

check_host() {
        local free_bytes

        install_missing debootstrap=debootstrap systemd-nspawn=systemd-container \
                systemd-socket-activate=systemd wget=wget tar=tar xz=xz-utils git=git findmnt=util-linux
        if ! keyring >/dev/null; then
                install_packages_on_host debian-archive-keyring
        fi
        keyring >/dev/null || fail "Debian's archive keyring is missing; install debian-archive-keyring"

        if [[ $(cat /sys/fs/selinux/enforce 2>/dev/null) == 1 ]]; then
                fail "SELinux is enforcing, and its policy knows no systemd inside a container" \
                        "run: setenforce 0 (until the next boot, or undo it with: setenforce 1)"
        fi
        free_bytes=$(df --output=avail --block-size=1 "$cache" | tail -n 1)
        if ((free_bytes < free_bytes_needed)); then
                fail "under 4 GB are free in $cache" "set STREAMETL_LAB_CACHE to a folder with more room"
        fi
        check_privilege
}

# Tries what the lab is made of, rather than guessing from capabilities: root inside a container has some
# of them and still may not mount.
check_privilege() {
        local trial
        trial=$cache/trial.$$
        undo+=("rm -rf '$trial'")
        mkdir -p "$trial"/{lower,upper,work,root}
        if ! unshare --mount --pid --fork --propagation private mount -t overlay overlay \
                -o "lowerdir=$trial/lower,upperdir=$trial/upper,workdir=$trial/work" "$trial/root" \
                2>"$trial/error"; then
                fail "no privilege to mount an overlay in $cache: $(<"$trial/error")" \
                        "inside Docker or another container, run it with --privileged and keep the cache on a volume"
        fi
        rm -rf "$trial"
}

keyring() {
        local file
        for file in "${keyrings[@]}"; do
                if [[ -e $file ]]; then
                        echo "$file"
                        return 0
                fi
        done
        return 1
}

# install_missing PROGRAM=PACKAGE...
install_missing() {
        local pair packages=()
        for pair; do
                type -P "${pair%%=*}" >/dev/null || packages+=("${pair#*=}")
        done
        if ((${#packages[@]})); then
                install_packages_on_host "${packages[@]}"
        fi
}

install_packages_on_host() {
        type -P apt-get >/dev/null ||
                fail "install what these packages of Debian hold, by the names of this distribution: $*"
        step "installing on this host: $*" apt_on_host "$@"
}

apt_on_host() {
        export DEBIAN_FRONTEND=noninteractive
        apt-get install --yes --no-install-recommends "$@" || {
                apt-get update
                apt-get install --yes --no-install-recommends "$@"
        }
}

serves_suite() {
        wget --quiet --timeout=20 --tries=2 --output-document=- "$1/dists/$suite/InRelease" 2>/dev/null |
                grep -q '^Origin: Debian$'
}

# Sets $mirror. The host's own is near and may be the only one in reach; it counts only if it has the suite.
find_mirror() {
        local url
        if [[ -n $mirror ]]; then
                serves_suite "${mirror%/}" || fail "the mirror $mirror does not serve Debian $suite"
                return
        fi
        mirror=$default_mirror
        type -P apt-get >/dev/null || return 0
        # shellcheck disable=SC2016 # the format is apt's, not ours
        for url in $(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 2>/dev/null | sort -u); do
                if [[ $url == http* ]] && serves_suite "${url%/}"; then
                        mirror=${url%/}
                        return
                fi
        done
}
