// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// The first page: everything at a glance.

import {sinceUsec} from './clock.js';
import {showDecisions} from './decisions.js';
import {element, section} from './dom.js';
import {Figures} from './figures.js';
import {bytes, clock, count, duration, percent, plural, rate} from './format.js';
import {showHour} from './hour.js';
import {badCount} from './job-numbers.js';
import {Meter} from './meter.js';
import {jobHref} from './route.js';
import {stateMark} from './state.js';
import {Table} from './table.js';

const greatest = values => values.some(value => value !== null) ? Math.max(...values.filter(value => value !== null)) : null;
const least = values => values.some(value => value) ? Math.min(...values.filter(value => value)) : null;

function jobsTable(shares) {
  return new Table({
    caption: 'Jobs', key: job => job.name,
    empty: 'There is no job. A file in /etc/streametl.d makes one; streametl-job(5) says how.',
    columns: [
      {head: 'Job', text: job => job.name, make: job => [element('a', {href: jobHref(job.name)}, job.name)]},
      {head: 'State', wide: true, text: job => `${job.state} ${job.why ?? ''}`,
        make: job => [stateMark(job.state), ...job.why ? [element('span', {class: 'why'}, job.why)] : []]},
      {head: 'Arriving/s', numeric: true, text: job => rate(job.arrival_per_sec)},
      {head: 'Processed/s', numeric: true, text: job => rate(job.processed_per_sec)},
      {head: 'Lag', numeric: true, hint: 'records not read yet', text: job => count(job.backlog)},
      {head: 'Lag, time', numeric: true, hint: 'how many seconds of arrivals that is', text: job => duration(job.lag_usec)},
      {head: 'Workers', numeric: true, hint: 'running of those wanted', text: job => `${count(job.workers_running)} of ${count(job.workers_wanted)}`},
      {head: 'Limits', numeric: true, hint: 'the fewest and the most workers', text: job => `${job.workers_min}–${job.workers_max}`},
      {head: 'Watermark', numeric: true, text: job => clock(job.watermark_usec)},
      {head: 'Epoch', numeric: true, text: job => count(job.epoch)},
      {head: 'Late', numeric: true, text: job => count(job.late)},
      {head: 'Bad', numeric: true, text: job => count(badCount(job))},
      {head: 'CPU', numeric: true, hint: "the job's own process", text: job => percent(shares.get(job.name) ?? null)},
      {head: 'RSS', numeric: true, hint: "the job's own process", text: job => bytes(job.rss_bytes)},
    ],
  });
}

function problemsList() {
  const list = element('ul');
  const node = element('section', {class: 'problems', 'aria-live': 'polite', hidden: true},
    element('h2', {}, 'Problems'), list);
  let shown = '';
  return {node, update(problems) {
    if (shown !== problems.join('\n')) {
      shown = problems.join('\n');
      list.replaceChildren(...problems.map(text => element('li', {}, text)));
      node.hidden = problems.length === 0;
    }
  }};
}

function fillFigures(figures, status, share) {
  const lag = greatest(status.jobs.map(job => job.lag_usec ?? null));
  const watermark = least(status.jobs.map(job => job.watermark_usec));
  figures.set('jobs', count(status.jobs_running), `of ${plural(status.jobs_enabled, 'job')} enabled`);
  figures.set('workers', count(status.workers_running), `of ${count(status.workers_wanted)} wanted`);
  figures.set('arriving', rate(status.arrival_per_sec), 'records a second');
  figures.set('processed', rate(status.processed_per_sec), 'records a second');
  figures.set('lag', count(status.backlog), 'records unread');
  figures.set('lag-time', duration(lag), 'of arrivals');
  figures.set('watermark', clock(watermark), watermark ? `${duration(sinceUsec(watermark))} ago` : 'no events yet');
  figures.set('uptime', duration(status.uptime_usec), `coordinator: ${percent(share)} CPU, ${bytes(status.rss_bytes)}`);
}

export function showOverview(root, context) {
  const meter = new Meter();
  const shares = new Map();
  const figures = new Figures('The whole suite', [['jobs', 'Jobs running'], ['workers', 'Workers running'],
    ['arriving', 'Arriving'], ['processed', 'Processed'], ['lag', 'Lag'], ['lag-time', 'Lag in time'],
    ['watermark', 'Watermark'], ['uptime', 'Uptime']]);
  const problems = problemsList();
  const jobs = jobsTable(shares);
  root.append(element('h1', {class: 'unseen'}, 'Overview'), problems.node, figures.node,
    section('Jobs', jobs.node),
    showHour('/history', ['rates', 'backlog', 'workers'], 'status', context),
    section('Latest scaling decisions', showDecisions('/decisions', {jobs: true, shown: 10}, context)));

  context.on('status', status => {
    const now = status.started_usec + status.uptime_usec;
    status.jobs.forEach(job => shares.set(job.name, meter.share(`job ${job.name} ${job.pid}`, job.cpu_usec, now)));
    problems.update(status.problems);
    fillFigures(figures, status, meter.share(`coordinator ${status.pid}`, status.cpu_usec, now));
    jobs.update(status.jobs);
  });
}
