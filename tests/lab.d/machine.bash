# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
#
# The machine of a lab: booting it, running commands in it, forwarding its page, shutting it down.
# What is true is asked of the kernel and of the lab's systemd each time; the files in $lab (base, nspawn,
# forward, port, console) only say where to look.

boot_seconds=120
stop_seconds=60
first_port=8081

# One change of a lab at a time; the program's children must not keep the lock: see launch().
lock_lab() {
        mkdir -p "$lab"
        exec {lab_lock}>"$lab/lock"
        flock --nonblock "$lab_lock" || {
                say "waiting for another tests/lab that works on $name"
                flock "$lab_lock"
        }
}

# launch FILE COMMAND...: starts a program that outlives this one and leaves "PID START" in FILE, which
# tells it from a later process of the same number.
launch() {
        local file=$1 unit
        unit=streametl-lab-$name-$(basename "$file")
        shift
        rm -f "$file"
        # shellcheck disable=SC2016 # expanded by the inner shell
        set -- bash -c 'read -r _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ start _ </proc/$$/stat
                        echo "$$ $start" >"$0.new" && mv "$0.new" "$0" && exec "$@"' "$file" "$@"
        if systemd_host; then
                systemctl reset-failed "$unit.service" 2>/dev/null || true
                systemd-run --quiet --collect --unit="$unit" --slice=machine.slice \
                        --property=Delegate=yes --property=KillMode=mixed --property=TasksMax=16384 \
                        --property="StandardOutput=append:$lab/console" --property="StandardError=append:$lab/console" \
                        --setenv=SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 -- "$@"
        else
                in_own_cgroup "$unit" "$@"
        fi
        wait_until 10 test -s "$file"
}

# Two containers in one cgroup would share each other's service groups.
in_own_cgroup() (
        cgroup=$(cgroup_root)/$1
        shift
        if [[ $cgroup == /?*/* ]]; then
                mkdir -p "$cgroup"
                echo "$BASHPID" >"$cgroup/cgroup.procs"
        fi
        exec {lab_lock}>&-
        SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 setsid "$@" >>"$lab/console" 2>&1 </dev/null {terminal}>&- &
)

# alive FILE: whether the program that launch() noted in FILE runs; sets $pid.
alive() {
        local start fields
        read -r pid start 2>/dev/null <"$1" || return 1
        read -r -a fields 2>/dev/null <"/proc/$pid/stat" || return 1
        [[ ${fields[21]} == "$start" && ${fields[2]} != Z ]]
}

# wait_until SECONDS COMMAND...
wait_until() {
        local deadline=$((SECONDS + $1))
        shift
        until "$@" >/dev/null 2>&1; do
                if ((SECONDS >= deadline)); then
                        return 1
                fi
                sleep 0.1
        done
}

# Sets $leader to the lab's systemd, the child of its nspawn that is process 1 of its namespace.
find_leader() {
        local pid child inside
        alive "$lab/nspawn" || return 1
        for child in $(pgrep --parent "$pid"); do
                inside=$(sed -n 's/^NSpid:.*\t//p' "/proc/$child/status" 2>/dev/null) || continue
                if [[ $inside == 1 && $(<"/proc/$child/comm") == systemd ]]; then
                        leader=$child
                        return 0
                fi
        done
        return 1
}

need_machine() {
        find_leader || fail "the lab $name is not running; start it with: tests/lab up --name $name"
}

# Enters the lab's namespaces. What is run so has the host's capabilities: only for systemd's own tools.
enter() {
        nsenter --target "$leader" --all -- /usr/bin/env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin \
                LANG=C.UTF-8 TERM="${TERM:-dumb}" "$@"
}

boot_machine() {
        if find_leader; then
                return
        fi
        mkdir -p "$lab"/{upper,work,root}
        if [[ -e $lab/base && $(<"$lab/base") != "$base" ]]; then
                say "the base has changed: the lab $name starts afresh"
                rm -rf --one-file-system "$lab"/{upper,work}/ "$lab/installed"
                mkdir "$lab"/{upper,work}
        fi
        echo "$base" >"$lab/base"
        step "booting the lab $name" boot
}

boot() {
        : >"$lab/console"
        # The overlay is mounted where only nspawn sees it: it goes away with the machine, however that ends.
        # shellcheck disable=SC2016 # expanded by the inner shell
        launch "$lab/nspawn" unshare --mount --propagation slave bash -e -c '
                mount -t overlay overlay -o "lowerdir=$1,upperdir=$0/upper,workdir=$0/work" "$0/root"
                exec "${@:2}"' "$lab" "$base" \
                systemd-nspawn --quiet --boot --directory="$lab/root" --machine="streametl-$name" \
                --register=no --keep-unit --private-network --link-journal=no --resolv-conf=off --timezone=off \
                --console=read-only --bind-ro="$cache/kafka:/opt/kafka"
        if ! wait_until "$boot_seconds" booted; then
                cat "$lab/console"
                if find_leader; then
                        enter systemctl --no-pager list-jobs || true
                        enter systemctl --no-pager list-units --failed || true
                fi
                return 1
        fi
        if [[ $(enter systemctl is-system-running) == degraded ]]; then
                say "the lab's systemd is degraded: $(enter systemctl list-units --failed --plain --no-legend)"
        fi
}

booted() {
        alive "$lab/nspawn" || return 1
        find_leader || return 1
        [[ $(enter systemctl is-system-running 2>/dev/null) =~ ^(running|degraded)$ ]]
}

# run_command COMMAND...: as a service of the lab's systemd, so with the container's capabilities. Stopped
# in the middle, it does not leave the command running.
run_command() {
        local unit status=0
        unit=lab-command-$$-$RANDOM.service
        undo+=("stop_command $unit")
        enter systemd-run --quiet --pipe --wait --collect --unit="$unit" --working-directory=/root \
                --setenv=HOME=/root --setenv=LANG=C.UTF-8 --setenv=SHELL=/bin/bash -- "$@" || status=$?
        unset 'undo[-1]'
        failed_command=$*
        return "$status"
}

stop_command() {
        find_leader && enter systemctl stop "$1" 2>/dev/null
}

push() {
        local source=$1 dest=$2
        # shellcheck disable=SC2016 # expanded by the inner shell
        if [[ -d $source ]]; then
                tar -C "$source" -cf - . |
                        run_command sh -c 'mkdir -p "$1" && tar -C "$1" --no-same-owner -xf -' push "$dest"
        else
                run_command sh -c 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"' \
                        push "$dest" "$(stat --format=%a "$source")" <"$source"
        fi
}

# Of a lab that is down, the journal it left on its disk, read by the lab's own journalctl.
logs() {
        local journal=$lab/upper/var/log/journal
        if find_leader; then
                enter journalctl --no-pager "$@"
        elif [[ -d $journal ]]; then
                contain "$(<"$lab/base")" --read-only --private-network --bind-ro="$journal:/run/journal" -- \
                        journalctl --no-pager --directory=/run/journal "$@"
        else
                fail "there is no lab $name"
        fi
}

# A lab that is only just being made has none yet.
page() {
        [[ ! -e $lab/port ]] || echo "http://127.0.0.1:$(<"$lab/port")/"
}

# The page's port of this host is one the kernel gives us: nothing is asked beforehand, it is simply tried.
forward_page() {
        local port proxy=/lib/systemd/systemd-socket-proxyd
        if alive "$lab/forward"; then
                return
        fi
        for ((port = first_port; port < first_port + 1000; port++)); do
                : >"$lab/forward.log"
                launch "$lab/forward" bash -c 'exec "${@:2}" >"$0" 2>&1' "$lab/forward.log" - \
                        systemd-socket-activate --listen="127.0.0.1:$port" \
                        "$(type -P nsenter)" --target "$leader" --net "$proxy" 127.0.0.1:8081
                if wait_until 10 forward_settled && alive "$lab/forward"; then
                        echo "$port" >"$lab/port"
                        return
                fi
        done
        fail "no port of 127.0.0.1 from $first_port on is free"
}

forward_settled() {
        grep -q '^Listening on' "$lab/forward.log" || ! alive "$lab/forward"
}

stop_machine() {
        local pid
        if find_leader; then
                say "shutting the lab $name down"
                kill -RTMIN+4 "$leader"
                wait_until "$stop_seconds" machine_is_down || say "it did not shut down within $stop_seconds s: killing it"
        fi
        for file in nspawn forward; do
                if alive "$lab/$file"; then
                        kill -KILL "$pid" || true
                        wait_until 10 is_gone "$lab/$file"
                fi
                rm -f "$lab/$file"
                if ! systemd_host; then remove_cgroup "streametl-lab-$name-$file"; fi
        done
        rm -f "$lab/port"
}

machine_is_down() {
        ! alive "$lab/nspawn"
}

is_gone() {
        ! alive "$1"
}

# On hosts with the older hierarchies nspawn makes one more in systemd's.
remove_cgroup() {
        local cgroup
        for cgroup in /sys/fs/cgroup/"$1" /sys/fs/cgroup/*/"$1"; do
                [[ -d $cgroup ]] || continue
                find "$cgroup" -depth -type d -exec rmdir {} ';' || true
        done
}

list() {
        for lab in "$cache"/labs/*/; do
                lab=${lab%/}
                name=$(basename "$lab")
                if find_leader; then
                        printf '%s\t%s\n' "$name" "$(page)"
                else
                        printf '%s\tdown\n' "$name"
                fi
        done
}
