#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
#
# The lab itself: what it promises to those who write tests.

set -eu
cd "$(dirname "$0")/../.."
one=test-$$-one two=test-$$-two
trap 'tests/lab destroy --name $one; tests/lab destroy --name $two' EXIT

check() {
        echo "checking: $1"
        shift
        "$@" || {
                echo "this failed: $*"
                exit 1
        }
}

inside() {
        tests/lab run --name "$1" -- "${@:2}"
}

status_of() {
        local status=0
        "$@" || status=$?
        echo "$status"
}

# Killed at a moment of its own choosing, twice; then once to the end.
for seconds in 0.5 2; do
        timeout --signal=KILL "$seconds" tests/lab up --no-build --name $one || true
done
tests/lab up --no-build --name "$one"
tests/lab up --no-build --name $two &
tests/lab up --no-build --name "$two"
wait $!

check "systemd is process 1" test "$(inside $one cat /proc/1/comm)" = systemd
check "systemd is content" test "$(inside $one systemctl is-system-running)" = running
check "exit status is passed through" test "$(status_of inside $one sh -c 'exit 42')" = 42
check "standard input is passed through" test "$(echo some text | inside $one cat)" = "some text"
check "the host's clock is out of reach" test "$(status_of inside $one sh -c 'date --set=@0 >/dev/null')" = 1
check "there is no network but loopback" test "$(inside $one ls /sys/class/net)" = lo

tests/lab push --name $one tests/host/lab.sh /root/new/copy
check "a pushed file is the same" cmp <(inside $one cat /root/new/copy) tests/host/lab.sh
check "one lab does not see the other's disk" test "$(status_of inside $two test -e /root/new/copy)" = 1

for name in $one $two; do
        inside $name sh -c "echo $name >/tmp/index.html"
        inside $name systemd-run --quiet --unit=page python3 -m http.server --bind 127.0.0.1 --directory /tmp 8081
        check "the page of $name is forwarded" test "$(wget -q -O- --tries=20 --retry-connrefused --waitretry=1 \
                "$(tests/lab page --name "$name")index.html")" = "$name"
done

tests/lab down --name "$one"
check "a lab that is down runs nothing" test "$(status_of inside $one true)" = 1
check "its journal can be read" grep -q 'Journal stopped' <(tests/lab logs --name $one --lines=20)
check "the other runs on" inside $two true
tests/lab up --no-build --name "$one"
check "its disk was kept" inside $one test -e /root/new/copy
