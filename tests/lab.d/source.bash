# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
#
# The suite: a copy of the tree's sources, compiled as an unprivileged user in a container that is thrown
# away, and the packages made of it, which are kept for the next lab of the same sources.

# The sources' names, NUL-separated: what git tracks and what it does not ignore, edits included; in an
# unpacked tarball, all there is.
source_files() {
        local file
        if [[ -e $tree/.git ]]; then
                git -c safe.directory="$tree" -C "$tree" ls-files --cached --others --exclude-standard -z |
                        while IFS= read -r -d '' file; do
                                if [[ -e $tree/$file || -L $tree/$file ]]; then printf '%s\0' "$file"; fi
                        done
        else
                find "$tree" -path "$tree/build*" -prune -o -type f -printf '%P\0'
        fi | sort -zu
}

pack_sources() {
        source_files | tar -C "$tree" --no-recursion --null --files-from=- --owner=0 --group=0 \
                --numeric-owner --mtime=@0 -cf -
}

# compile FOLDER COMMAND...: in ~/streametl of a throwaway container; ~/out is put into FOLDER (if not
# empty) whatever comes of the command, whose exit status is returned.
compile() {
        local out=$1 scratch status=0
        shift
        drop_dead_scratches
        scratch=$cache/scratch.$$
        undo+=("rm -rf --one-file-system '$scratch'")
        mkdir "$scratch" "$scratch"/{upper,work,root}
        export -f contain systemd_host
        # shellcheck disable=SC2016 # expanded by the inner shell
        pack_sources | unshare --mount --propagation private bash -e -c '
                mount -t overlay overlay -o "lowerdir=$1,upperdir=$0/upper,workdir=$0/work" "$0/root"
                mkdir "$0/root/home/builder"/{streametl,out}
                tar -C "$0/root/home/builder/streametl" --touch -xf -
                chown -R "$2:$2" "$0/root/home/builder"
                contain "$0/root" --private-network --resolv-conf=off --user=builder \
                        --chdir=/home/builder/streametl -- "${@:3}" </dev/null
                ' "$scratch" "$base" "$builder_uid" "$@" || status=$?
        if [[ -n $out ]]; then
                mkdir -p "$out"
                cp -r "$scratch/upper/home/builder/out/." "$out/"
        fi
        failed_command=$*
        return "$status"
}

# Of programs that were killed.
drop_dead_scratches() {
        local old
        for old in "$cache"/scratch.* "$cache"/trial.*; do
                if [[ ! -d /proc/${old##*.} ]]; then
                        rm -rf --one-file-system "$old"
                fi
        done
}

# Sets $packages to the folder of the .deb files of these sources. Two at once: the second waits.
make_packages() {
        local key partial
        key=$( (base_key && pack_sources) | sha256sum | cut -c 1-16)
        packages=$cache/packages-$key
        exec {packages_lock}>"$cache/packages.lock"
        flock "$packages_lock"
        if [[ ! -d $packages ]]; then
                partial=$cache/packages.partial
                rm -rf "$partial"
                # shellcheck disable=SC2016 # expanded by the inner shell
                step "building the suite's packages" compile "$partial" sh -e -c '
                        DEB_BUILD_OPTIONS="parallel=$(nproc) nocheck" dpkg-buildpackage -b -uc -us
                        mv ../*.deb ../*.changes ../out'
                drop_old_packages
                mv -T "$partial" "$packages"
        fi
        exec {packages_lock}>&-
}

# The latest few are worth keeping: going back and forth between two trees builds nothing.
drop_old_packages() {
        local old
        for old in $(find "$cache" -maxdepth 1 -name 'packages-*' -printf '%T@ %p\n' | sort -rn | tail -n +8 | cut -d ' ' -f 2); do
                rm -rf "$old"
        done
}

install_packages() {
        if [[ $(cat "$lab/installed" 2>/dev/null) != "$packages" ]]; then
                step "installing the suite's packages" install_in_lab
                echo "$packages" >"$lab/installed"
        fi
}

install_in_lab() {
        push "$packages" /run/packages
        run_command sh -c 'exec dpkg --install --force-confnew /run/packages/*.deb'
}
