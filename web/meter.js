// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// A share of a processor from a counter of its time, over the last seconds.

const SPAN_USEC = 5e6;

export class Meter {
  constructor() {
    this.samples = new Map();
  }

  // key: whose counter it is. Returns the share, or null as long as it is not known.
  share(key, counterUsec, nowUsec) {
    if (counterUsec === null || counterUsec === undefined) {
      return null;
    }
    const kept = (this.samples.get(key) ?? []).filter(([at, value]) => nowUsec - at <= SPAN_USEC && value <= counterUsec);
    kept.push([nowUsec, counterUsec]);
    this.samples.set(key, kept);
    const [at, value] = kept[0];
    return nowUsec - at >= 1e6 ? (counterUsec - value) / (nowUsec - at) : null;
  }
}
