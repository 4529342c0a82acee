# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
#
# The base: a Debian root with every package a lab needs, since a lab has no network to fetch one. It is
# known by what it is made of and never changed once it is there.

builder_uid=1000

base_packages() {
        sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/lab.d/packages"
}

base_key() {
        {
                base_packages
                sed -n '/^Build-Depends/,/^[^ ]/p' "$tree/debian/control"
                cat "$here/lab.d/base.bash"
        } | sha256sum | cut -c 1-16
}

# Sets $base. Two at once: the second waits for the first.
make_base() {
        local partial log
        base=$cache/base-$(base_key)
        if [[ -d $base ]]; then
                touch "$base"
                return
        fi
        exec {base_lock}>"$cache/base.lock"
        flock "$base_lock"
        if [[ ! -d $base ]]; then
                partial=$cache/base.partial
                rm -rf --one-file-system "$partial"
                find_mirror
                step "making the base of all labs from $mirror (minutes, once)" \
                        unshare --mount --propagation private \
                        debootstrap --variant=minbase --force-check-gpg --keyring="$(keyring)" \
                        --include=systemd,systemd-sysv,dbus,polkitd,libpam-systemd,ca-certificates \
                        "$suite" "$partial" "$mirror"
                step "installing packages in it" populate_base "$partial"
                mv -T "$partial" "$base"
                drop_old_bases
        fi
        exec {base_lock}>&-
}

populate_base() {
        local root=$1 bundle apt=(apt-get --yes --no-install-recommends)

        # Services must not start while the packages are set up; they would outlive the container's command.
        printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
        chmod 0755 "$root/usr/sbin/policy-rc.d"
        # A base that is lost is made again: no need to wait for the disk after each file.
        echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/lab"
        echo 'Acquire::Languages "none";' >"$root/etc/apt/apt.conf.d/lab"
        # A mirror behind https may have a certificate that only this host trusts.
        for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem; do
                if [[ -e $bundle ]]; then
                        cp --dereference "$bundle" "$root/etc/apt/host-certificates"
                        echo 'Acquire::https::CAInfo "/etc/apt/host-certificates";' >"$root/etc/apt/apt.conf.d/lab-host"
                        break
                fi
        done

        in_base "$root" apt-get update
        # shellcheck disable=SC2046 # a list of words
        in_base "$root" "${apt[@]}" install $(base_packages)
        mkdir -p "$root/build-dep/debian"
        cp "$tree/debian/control" "$root/build-dep/debian/"
        in_base "$root" "${apt[@]}" build-dep /build-dep
        rm -rf "$root/build-dep"
        in_base "$root" apt-get clean

        in_base "$root" useradd --uid "$builder_uid" --create-home --shell /bin/bash builder
        in_base "$root" useradd --system --home-dir /var/lib/kafka kafka
        in_base "$root" systemctl disable postgresql.service prometheus.service
        in_base "$root" systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
                e2scrub_all.timer fstrim.timer man-db.timer getty-static.service console-getty.service
        # Each lab gets an identity of its own when it boots.
        : >"$root/etc/machine-id"
        rm -f "$root/etc/hostname" "$root/etc/resolv.conf" "$root/usr/sbin/policy-rc.d" \
                "$root"/etc/apt/{host-certificates,apt.conf.d/lab-host}
        printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
}

# in_base ROOT COMMAND...: in a container with the host's network, whose proxies and names may be needed to
# reach the mirror.
in_base() {
        local root=$1 variable options=()
        shift
        for variable in http_proxy https_proxy no_proxy; do
                if [[ -n ${!variable:-} ]]; then options+=(--setenv="$variable=${!variable}"); fi
        done
        contain "$root" --resolv-conf=replace-host --bind-ro=/etc/hosts "${options[@]}" \
                --setenv=DEBIAN_FRONTEND=noninteractive -- "$@"
}

# contain ROOT OPTION... -- COMMAND...: a container without systemd, for one command.
contain() {
        local root=$1
        shift
        # Without a systemd on the host there is nobody to ask for a scope.
        if ! systemd_host; then set -- --keep-unit "$@"; fi
        SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --directory="$root" --register=no \
                --as-pid2 --pipe --link-journal=no --timezone=off --setenv=LANG=C.UTF-8 "$@"
}

# Bases that no lab stands on and nothing has used for a day: another tree may need another one at this moment.
drop_old_bases() {
        local old
        find "$cache" -maxdepth 1 -name 'base-*' -mtime +0 | while IFS= read -r old; do
                if ! grep -qsFx "$old" "$cache"/labs/*/base; then
                        rm -rf --one-file-system "$old"
                fi
        done
}
