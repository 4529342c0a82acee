// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// What a screen reader should say without being asked: changes of state, not of numbers.

import {plural, words} from './format.js';

function stateChanges(before, after) {
  const states = new Map((before?.jobs ?? []).map(job => [job.name, job.state]));
  return after.jobs.filter(job => states.has(job.name) && states.get(job.name) !== job.state)
    .map(job => `Job ${job.name} is ${words(job.state)}.`);
}

// type, data: an event; last: the latest of each kind before it. Returns '' for what is not worth a word.
export function changesText(type, data, last) {
  if (type === 'status') {
    return stateChanges(last.get('status'), data).join(' ');
  }
  return type === 'decision'
    ? `${data.job}: ${data.workers_now} to ${plural(data.workers_wanted, 'worker')}. ${data.reason}` : '';
}
