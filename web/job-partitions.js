// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// Each partition of the topic: how far it is read, and by whom.

import {get, of} from './api.js';
import {sinceUsec} from './clock.js';
import {element, section} from './dom.js';
import {clock, count, duration, UNKNOWN} from './format.js';
import {drawRanges, rangesText} from './leases.js';
import {Table} from './table.js';

const lagOf = partition => partition.end === null || partition.position === null ? null : Math.max(0, partition.end - partition.position);

const COLUMNS = [
  {head: 'Partition', text: partition => `${partition.topic}/${partition.partition}`},
  {head: 'Position', numeric: true, hint: 'all before it is done', text: partition => count(partition.position)},
  {head: 'End', numeric: true, hint: 'where the next record will be', text: partition => count(partition.end)},
  {head: 'Lag', numeric: true, text: partition => count(lagOf(partition))},
  {head: 'Records', numeric: true, hint: 'read by this process', text: partition => count(partition.records)},
  {head: 'Watermark', numeric: true, long: true, text: partition => partition.watermark_usec
    ? `${clock(partition.watermark_usec)} (${duration(sinceUsec(partition.watermark_usec))} ago)` : UNKNOWN},
  {head: 'Idle', text: partition => partition.idle ? 'idle' : 'active'},
  {head: 'Ranges held by workers', wide: true, text: partition => [partition.position, partition.end, ...rangesText(partition)].join('\n'),
    make: partition => [drawRanges(partition), ...rangesText(partition).map(text => element('div', {class: 'range'}, text))]},
];

export function showPartitions(root, context) {
  const table = new Table({caption: `Partitions of the job ${context.job}`, columns: COLUMNS,
    key: partition => `${partition.topic}/${partition.partition}`, empty: 'The partitions are not known yet.'});
  root.append(section('Partitions', table.node, element('p', {class: 'muted'},
    'Each bar goes from the position to the end of the log. Strong colour: read by that worker, and reported when its range is done; weak: yet to read; grey: done ahead of the position.')));
  const show = ({partitions}) => table.update(partitions ?? []);
  context.on('job', show);
  context.on('connected', () => get(of(context.job, 'partitions'), context.signal).then(show, context.report));
}
