// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// A line for each worker, as in the Executors tab of Spark.

import {get, of} from './api.js';
import {copyButton} from './copy.js';
import {element, section, setText} from './dom.js';
import {bytes, clock, count, duration, percent, plural, rate, UNKNOWN} from './format.js';
import {nowUsec, sinceUsec} from './clock.js';
import {rangeText} from './leases.js';
import {Meter} from './meter.js';
import {stateMark} from './state.js';
import {Table} from './table.js';

const stateText = worker => `${worker.state}${worker.wanted ? '' : ', not wanted'}${worker.failures ? `, ${plural(worker.failures, 'failure')}` : ''}`;

function busyMark(worker) {
  const percentage = percent(worker.busy);
  return [element('meter', {min: '0', max: '1', value: worker.busy ?? 0, 'aria-label': `busy ${percentage}`}), percentage];
}

function columns(shares) {
  return [
    {head: 'Unit', text: worker => worker.unit, make: worker => [
      element('span', {class: `swatch worker-${worker.number % 8}`, 'aria-hidden': 'true'}), element('code', {}, worker.unit)]},
    {head: 'State', long: true, text: stateText, make: worker => [
      element('span', {}, stateMark(worker.state), stateText(worker).slice(worker.state.length))]},
    {head: 'PID', numeric: true, text: worker => worker.pid ? String(worker.pid) : UNKNOWN},
    {head: 'Records', numeric: true, text: worker => count(worker.records)},
    {head: 'Records/s', numeric: true, text: worker => rate(worker.records_per_sec)},
    {head: 'Busy', numeric: true, hint: 'share of the last seconds', text: worker => percent(worker.busy), make: busyMark},
    {head: 'CPU', numeric: true, hint: 'share of one processor', text: worker => percent(shares.get(worker.number) ?? null)},
    {head: 'RSS', numeric: true, text: worker => bytes(worker.rss_bytes)},
    {head: 'Since', numeric: true, long: true, text: worker => worker.since_usec ? `${clock(worker.since_usec)} (${duration(sinceUsec(worker.since_usec))})` : UNKNOWN},
    {head: 'Ranges held', wide: true, text: worker => (worker.leases ?? []).map(rangeText).join('\n') || 'none',
      make: worker => (worker.leases ?? []).length ? worker.leases.map(lease => element('div', {}, rangeText(lease))) : ['none']},
  ];
}

const JOURNAL = [
  {head: 'Worker', text: worker => String(worker.number)},
  {head: 'Command', wide: true, text: worker => worker.journal, make: worker => [
    element('code', {class: 'command'}, worker.journal), copyButton(worker.journal, `journal command of worker ${worker.number}`)]},
];

const sum = (workers, key) => workers.reduce((total, worker) => total + (worker[key] ?? 0), 0);

export function showWorkers(root, context) {
  const meter = new Meter();
  const shares = new Map();
  const total = element('p', {class: 'muted', id: 'workers-total'});
  const table = new Table({caption: `Workers of the job ${context.job}`, columns: columns(shares), key: worker => worker.unit,
    empty: 'No worker runs and none is wanted: nothing is unread.'});
  const journal = new Table({caption: 'What to type for the journal of each worker', columns: JOURNAL, key: worker => worker.unit,
    empty: 'There is no worker.'});
  root.append(section('Workers', total, table.node), section('In the journal', journal.node));
  const show = ({workers}) => {
    workers.forEach(worker => shares.set(worker.number, meter.share(`${worker.unit} ${worker.pid}`, worker.cpu_usec, nowUsec())));
    setText(total, `${plural(workers.filter(worker => worker.pid).length, 'worker')} running: `
      + `${count(sum(workers, 'records'))} records, ${rate(sum(workers, 'records_per_sec'))} a second, ${bytes(sum(workers, 'rss_bytes'))} of memory.`);
    table.update(workers);
    journal.update(workers);
  };
  context.on('workers', show);
  context.on('connected', () => get(of(context.job, 'workers'), context.signal).then(show, context.report));
}
