// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// Where results go, how far each place has them, and how long an epoch takes.

import {sinceUsec} from './clock.js';
import {element, section, terms} from './dom.js';
import {clock, count, duration, percent, UNKNOWN, words} from './format.js';
import {meanUsec, withinText} from './histogram.js';
import {stateMark} from './state.js';
import {Table} from './table.js';

const SINKS = [
  {head: 'Sink', text: sink => sink.name},
  {head: 'Type', text: sink => sink.type},
  {head: 'Gets', text: sink => words(sink.kind)},
  {head: 'State', text: sink => sink.state, make: sink => [stateMark(sink.state)]},
  {head: 'Epoch delivered', numeric: true, long: true, text: sink => count(sink.epoch_delivered)},
  {head: 'At', long: true, numeric: true, text: sink => sink.epoch_delivered_at_usec
    ? `${clock(sink.epoch_delivered_at_usec)} (${duration(sinceUsec(sink.epoch_delivered_at_usec))} ago)` : UNKNOWN},
  {head: 'Rows', numeric: true, text: sink => count(sink.rows_total)},
  {head: 'Each row', long: true, text: sink => sink.exactly_once ? 'exactly once' : 'at least once'},
  {head: 'Next try', numeric: true, long: true, text: sink => clock(sink.next_try_usec)},
  {head: 'Error', wide: true, text: sink => sink.error ?? UNKNOWN},
];

const BUCKETS = [
  {head: 'Within', text: row => row.name},
  {head: 'Epochs', numeric: true, text: row => count(row.n)},
  {head: 'Share', numeric: true, text: row => percent(row.share),
    make: row => [element('meter', {min: '0', max: '1', value: row.share, 'aria-label': percent(row.share)}), percent(row.share)]},
];

// How many fall into each bucket, from first to last that has any.
function bucketRows({buckets, count: total}) {
  let before = 0;
  const rows = [...buckets.map(([seconds, n]) => ({name: duration(seconds * 1e6), n})), {name: 'more', n: total}]
    .map(({name, n}) => { const own = n - before; before = n; return {name, n: own, share: total ? own / total : 0}; });
  const used = rows.map(row => row.n > 0);
  return rows.slice(used.indexOf(true), used.lastIndexOf(true) + 1).filter(() => used.includes(true));
}

function histogramView(title, what) {
  const summary = element('div');
  const table = new Table({caption: title, compact: true, columns: BUCKETS, key: row => row.name, empty: 'Nothing was measured yet.'});
  return {
    node: section(title, element('p', {class: 'muted'}, what), summary, table.node),
    update(histogram) {
      if (histogram) {
        summary.replaceChildren(terms([['Mean', duration(meanUsec(histogram))], ['Half within', withinText(histogram, 0.5)],
          ['95 % within', withinText(histogram, 0.95)], ['Epochs', count(histogram.count)]]));
        table.update(bucketRows(histogram));
      }
    },
  };
}

export function showSinks(root, context) {
  const sinks = new Table({caption: `Sinks of the job ${context.job}`, columns: SINKS, key: sink => sink.name, empty: 'The sinks are not known yet.'});
  const latency = histogramView('Latency', "From the Kafka timestamp of an epoch's oldest record until the epoch was delivered.");
  const epochs = histogramView('Time of an epoch', 'From closing an epoch until every sink held it.');
  root.append(section('Sinks', sinks.node), element('div', {class: 'pair'}, latency.node, epochs.node));
  context.on('job', job => {
    sinks.update(job.sinks ?? []);
    latency.update(job.latency);
    epochs.update(job.epoch_duration);
  });
}
