// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// Ranges of a partition's offsets that workers hold, as a picture and as text.

import {count} from './format.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 1000, HEIGHT = 20;

// "cs_student_logs/0: 100 to 200, at 150"
export function rangeText(lease) {
  return `${lease.topic}/${lease.partition}: ${count(lease.start)} to ${count(lease.end)}, at ${count(lease.position)}`;
}

export function leaseText(lease) {
  return `worker ${lease.worker}: ${count(lease.start)} to ${count(lease.end)}, at ${count(lease.position)}`;
}

export function aheadText(range) {
  return `done ahead: ${count(range.from)} to ${count(range.to)}`;
}

// All of a partition's ranges in words, one a line.
export function rangesText(partition) {
  const leases = (partition.leases ?? []).map(lease => [lease.start, leaseText(lease)]);
  const ahead = (partition.ahead ?? []).map(range => [range.from, aheadText(range)]);
  return [...leases, ...ahead].sort((a, b) => a[0] - b[0]).map(([, text]) => text);
}

function svg(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    node.setAttribute(key, value);
  }
  return node;
}

// From the first offset that is not done to the last that anybody is to read, or that is there.
function extent({position, end, leases, ahead}) {
  const starts = (leases ?? []).map(lease => lease.start);
  const known = [end, ...(ahead ?? []).map(range => range.to), ...(leases ?? []).map(lease => Math.min(lease.end, Math.max(lease.position, end ?? 0)))];
  const from = Math.min(...[position, ...starts].filter(n => n !== null));
  return [from, Math.max(from + 1, ...known.filter(n => n !== null))];
}

// A bar from the position to the end of the log: what is done ahead, what each worker has read of its range
// (strong) and has yet to read (weak).
export function drawRanges(partition) {
  const [from, to] = extent(partition);
  const x = offset => Math.max(0, Math.min(WIDTH, (offset - from) / (to - from) * WIDTH));
  const bar = (begin, end, kind) => svg('rect', {
    x: x(begin), width: Math.max(end > begin ? 2 : 0, x(end) - x(begin)), y: 2, height: HEIGHT - 4, class: kind});
  const picture = svg('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', class: 'ranges', role: 'img',
    'aria-label': rangesText(partition).join('; ') || 'no range is held'});
  picture.append(svg('rect', {x: 0, width: WIDTH, y: 2, height: HEIGHT - 4, class: 'unread'}));
  for (const range of partition.ahead ?? []) {
    picture.append(bar(range.from, range.to, 'ahead'));
  }
  for (const lease of partition.leases ?? []) {
    picture.append(bar(lease.position, lease.end, `worker-${lease.worker % 8} weak`), bar(lease.start, lease.position, `worker-${lease.worker % 8}`));
  }
  return picture;
}
