#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
#
# A machine that is rebooted while a job works: the job goes on by itself, and every record is counted once.

set -eu
cd "$(dirname "$0")/../.."
name=reboot-$$
trap 'tests/lab destroy --name $name' EXIT

inside() {
        tests/lab run --name "$name" -- "$@"
}

tests/lab up --kafka --name "$name"
tests/lab push --name "$name" tests/system /root/system
inside python3 -B /root/system/reboot.py before
# What `systemctl reboot` asks for. The container ends with it, and is booted by hand.
inside systemctl start --no-block --job-mode=replace-irreversibly reboot.target
until tests/lab list 2>/dev/null | grep -qx "$name"$'\t'down; do
        sleep 0.5
done
tests/lab up --no-build --kafka --name "$name"
inside python3 -B /root/system/reboot.py after
