// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// What a view hears of: the latest of each kind of event, and every one that comes, until it is closed.

export class Context {
  constructor(job, parent = null) {
    this.job = job;
    this.last = parent ? parent.last : new Map();
    this.hub = parent ? parent.hub : new EventTarget();
    this.controller = new AbortController();
    this.signal = this.controller.signal;
    parent?.signal.addEventListener('abort', () => this.close(), {signal: this.signal});
  }

  close() {
    this.controller.abort();
  }

  give(kind, data) {
    this.last.set(kind, data);
    this.hub.dispatchEvent(new CustomEvent(kind, {detail: data}));
  }

  forget(kind) {
    this.last.delete(kind);
  }

  // Calls heard(data) with the latest event of that kind, if there was one, and with each that follows.
  on(kind, heard) {
    this.hub.addEventListener(kind, event => heard(event.detail), {signal: this.signal});
    if (this.last.has(kind)) {
      heard(this.last.get(kind));
    }
  }

  // The same, only when what value(data) says has changed since the last time.
  onChange(kind, value, heard) {
    let before;
    this.on(kind, data => {
      const now = value(data);
      if (before !== undefined && before !== now) {
        heard(data);
      }
      before = now;
    });
  }

  // For questions whose answer a view can do without: the next event asks again.
  report = error => {
    if (!this.signal.aborted && !(error instanceof TypeError)) {
      console.warn(error.message);
    }
  };
}
