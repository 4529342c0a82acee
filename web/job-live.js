// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// What happens now: the last hour as charts, the latest decisions, what the job holds.

import {of} from './api.js';
import {showDecisions} from './decisions.js';
import {element, section, setText} from './dom.js';
import {bytes, count, percent, rate} from './format.js';
import {showHour} from './hour.js';
import {badCount} from './job-numbers.js';
import {Meter} from './meter.js';

const HOLDS = [
  ['Groups in memory', job => count(job.groups)],
  ['State in memory', job => bytes(job.state_bytes)],
  ['State on disk', job => bytes(job.store_bytes)],
  ['Windows closed and removed', job => count(job.removed)],
  ['Records arrived', job => count(job.arrived)],
  ['Records processed', job => count(job.processed)],
  ['Late records', job => count(job.late)],
  ['Too far in the future', job => count(job.future)],
  ['Bad records', job => count(badCount(job))],
  ['Rate of a busy worker', job => job.rate_per_worker_per_sec === undefined ? null : `${rate(job.rate_per_worker_per_sec)}/s`],
  ['Process', job => count(job.pid).replaceAll(',', '')],
  ['Its processor time', (job, share) => percent(share)],
  ['Its memory', job => bytes(job.rss_bytes)],
];

function holds(context) {
  const meter = new Meter();
  const list = element('dl', {class: 'terms'});
  context.on('job', job => {
    const share = meter.share(job.pid, job.cpu_usec, performance.now() * 1000);
    const known = HOLDS.map(([term, text]) => [term, text(job, share)]).filter(([, text]) => text !== null);
    known.forEach(([term, text], i) => {
      const pair = list.children[i] ?? list.appendChild(element('div', {}, element('dt', {}, term), element('dd')));
      setText(pair.lastChild, text);
    });
  });
  return list;
}

export function showLive(root, context) {
  root.append(
    showHour(of(context.job, 'history'), ['rates', 'backlog', 'workers', 'latency'], 'job', context),
    section('Latest scaling decisions', showDecisions(of(context.job, 'decisions'), {shown: 5}, context)),
    section('What the job holds', holds(context)));
}
