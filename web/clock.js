// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// The server's time: the browser's own may be another.

let aheadUsec = 0;

// status says when the coordinator was started and for how long it has been up.
export function setClock(status) {
  if (status.started_usec) {
    aheadUsec = status.started_usec + status.uptime_usec - Date.now() * 1000;
  }
}

export function nowUsec() {
  return Date.now() * 1000 + aheadUsec;
}

// How long ago a time was; null if it is not known.
export function sinceUsec(usec) {
  return usec === null || usec === undefined ? null : Math.max(0, nowUsec() - usec);
}
