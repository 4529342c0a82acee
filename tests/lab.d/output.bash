# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
#
# What the lab says: one line a step on standard error; of a step's own output nothing unless it fails.

exec {terminal}>&2
step_log='' step_name='' failed_command=''
told=${TMPDIR:-/tmp}/lab-told.$$

say() {
        printf 'lab: %s\n' "$*" >&"$terminal"
}

fail() {
        trap - ERR
        : >"$told"
        printf 'lab: %s\n' "$@" >&"$terminal"
        exit 1
}

# step WHAT COMMAND...: runs COMMAND (a function, too) with its output kept aside.
step() {
        local what=$1 log
        shift
        say "$what"
        log=$(mktemp)
        step_log=$log
        step_name=$what
        "$@" >"$log" 2>&1 </dev/null
        step_log='' step_name=''
        rm -f "$log"
}

# Names the command that failed, with the output of its step. A subshell's failure fails its parent, too:
# only the innermost is told.
on_error() {
        local status=$? command=${failed_command:-$BASH_COMMAND}
        trap - ERR
        if [[ -e $told ]]; then
                exit "$status"
        fi
        : >"$told"
        {
                if [[ -s $step_log ]]; then
                        sed 's/^/    /' "$step_log"
                fi
                printf 'lab: %s: this command failed with status %d: %s\n' "${step_name:-$verb}" "$status" "$command"
        } >&"$terminal"
        exit "$status"
}
trap on_error ERR

# Things to undo however the program ends, the latest first.
undo=()
on_exit() {
        local status=$? i
        trap - ERR
        set +e
        for ((i = ${#undo[@]} - 1; i >= 0; i--)); do
                eval "${undo[i]}"
        done
        rm -f "$step_log" "$told"
        exit "$status"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
