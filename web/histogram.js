// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// What a cumulative histogram knows of its quantiles.

import {duration} from './format.js';

// The bound that at least this share of what was measured is within, in microseconds; Infinity above the last
// bound, null without a measurement.
export function quantileUsec(histogram, share) {
  if (!histogram || !histogram.count) {
    return null;
  }
  const found = histogram.buckets.find(([, n]) => n >= share * histogram.count);
  return found ? found[0] * 1e6 : Infinity;
}

export function meanUsec(histogram) {
  return histogram && histogram.count ? histogram.sum_seconds / histogram.count * 1e6 : null;
}

// The same quantile as text: "2.5 s", or "over 60 s" above the last bound.
export function withinText(histogram, share) {
  const usec = quantileUsec(histogram, share);
  return usec === Infinity ? `over ${duration(histogram.buckets.at(-1)[0] * 1e6)}` : duration(usec);
}
