// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// The scaling log: what was decided, from which numbers, and why.

import {get} from './api.js';
import {element} from './dom.js';
import {clock, count, duration, moment, rate} from './format.js';
import {jobHref} from './route.js';
import {Table} from './table.js';

const KEPT = 1000;

// The workers before and after, with the direction.
function change(decision) {
  const {workers_now: now, workers_wanted: wanted} = decision;
  return [element('span', {class: `change ${wanted > now ? 'up' : 'down'}`}, `${count(now)} → ${count(wanted)}`)];
}

const changeText = decision => `${count(decision.workers_now)} → ${count(decision.workers_wanted)}`;

const TIME = {head: 'Time', text: decision => clock(decision.at_usec),
  make: decision => [element('time', {datetime: new Date(decision.at_usec / 1000).toISOString(), title: moment(decision.at_usec)}, clock(decision.at_usec))]};
const JOB = {head: 'Job', text: decision => decision.job,
  make: decision => [element('a', {href: jobHref(decision.job, 'scaling')}, decision.job)]};
const CHANGE = {head: 'Workers', text: changeText, make: change};
const REASON = {head: 'Reason', wide: true, text: decision => decision.reason};
const NUMBERS = [
  {head: 'Arriving/s', numeric: true, text: decision => rate(decision.arrival_per_sec)},
  {head: 'A worker does/s', numeric: true, long: true, text: decision => rate(decision.rate_per_worker_per_sec)},
  {head: 'Backlog', numeric: true, text: decision => count(decision.backlog)},
  {head: 'For', numeric: true, hint: 'for how long there has been a backlog', text: decision => duration(decision.backlog_for_usec)},
  {head: 'Desired', numeric: true, hint: 'what the formula asked for, before the limits', text: decision => count(decision.desired)},
  {head: 'Ready after', numeric: true, hint: 'until the workers wanted were ready', text: decision => duration(decision.ready_after_usec)},
];

// path: of the API. numbers, jobs: whether to show these columns. shown: how many, newest first.
export function showDecisions(path, {numbers, jobs, shown = KEPT}, context) {
  const table = new Table({caption: 'Scaling decisions, newest first', key: decision => decision.id,
    columns: [TIME, ...jobs ? [JOB] : [], CHANGE, REASON, ...numbers ? NUMBERS : []],
    empty: 'Nothing was decided since the coordinator was started.'});
  let decisions = [];

  const add = more => {
    const known = new Map([...decisions, ...more].map(decision => [decision.id, decision]));
    decisions = [...known.values()].sort((a, b) => a.id - b.id).slice(-KEPT);
    table.update(decisions.slice(-shown).reverse());
  };
  const load = async () => {
    const answer = await get(`${path}?limit=${Math.min(KEPT, shown)}`, context.signal);
    decisions = [];
    add(answer.decisions);
  };

  context.on('connected', () => load().catch(context.report));
  context.on('decision', decision => {
    if (jobs || decision.job === context.job) {
      add([decision]);
    }
  });
  // A decision's time until ready is known later.
  if (numbers) {
    context.onChange('job', job => `${job.workers_running}/${job.workers_wanted}`, () => load().catch(context.report));
  }
  return table.node;
}
