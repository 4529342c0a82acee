// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// A job's page: its numbers, and one of several views below them.

import {sinceUsec} from './clock.js';
import {Context} from './context.js';
import {element, setText} from './dom.js';
import {Figures} from './figures.js';
import {clock, count, duration, plural, rate} from './format.js';
import {withinText} from './histogram.js';
import {jobHref} from './route.js';
import {stateMark} from './state.js';
import {showConfig} from './job-config.js';
import {showDeadLetters} from './job-dead-letters.js';
import {showLive} from './job-live.js';
import {showPartitions} from './job-partitions.js';
import {showQuery} from './job-query.js';
import {showScaling} from './job-scaling.js';
import {showSinks} from './job-sinks.js';
import {showWindows} from './job-windows.js';
import {showWorkers} from './job-workers.js';

// Address, title, and what fills it: show(root, context).
const VIEWS = [
  ['live', 'Live', showLive],
  ['scaling', 'Scaling', showScaling],
  ['workers', 'Workers', showWorkers],
  ['partitions', 'Partitions', showPartitions],
  ['windows', 'Windows', showWindows],
  ['dead-letters', 'Dead letters', showDeadLetters],
  ['sinks', 'Sinks', showSinks],
  ['query', 'Query', showQuery],
  ['config', 'Configuration', showConfig],
];

function fill(figures, job) {
  figures.set('arriving', rate(job.arrival_per_sec), 'records a second');
  figures.set('processed', rate(job.processed_per_sec), 'records a second');
  figures.set('backlog', count(job.backlog), job.lag_usec === null || job.lag_usec === undefined
    ? 'records unread' : `records, ${duration(job.lag_usec)} of arrivals`);
  figures.set('workers', count(job.workers_running),
    `of ${count(job.workers_wanted)} wanted, ${job.workers_min} to ${job.workers_max} allowed${job.limits_overridden ? ' by hand' : ''}`);
  figures.set('latency', withinText(job.latency, 0.95), '95 % of epochs are within');
  figures.set('watermark', clock(job.watermark_usec), job.watermark_usec ? `${duration(sinceUsec(job.watermark_usec))} ago` : 'no events yet');
  figures.set('epoch', count(job.epoch), job.epoch_at_usec ? `${duration(sinceUsec(job.epoch_at_usec))} ago` : '');
  figures.set('uptime', duration(job.uptime_usec), plural(job.restarts ?? 0, 'restart'));
}

function header(name) {
  const state = element('span', {id: 'job-state'});
  const why = element('p', {class: 'why', hidden: true});
  const old = element('p', {class: 'why', id: 'old-configuration', hidden: true});
  const unit = element('code', {class: 'muted'});
  let shown = '';
  return {
    node: element('div', {class: 'title'}, element('h1', {}, name), state, unit, why, old),
    update(job) {
      if (shown !== job.state) {
        shown = job.state;
        state.replaceChildren(stateMark(job.state));
      }
      setText(why, job.why ?? '');
      why.hidden = !job.why;
      setText(old, `Runs with its old configuration: ${job.reload_refused}`);
      old.hidden = !job.reload_refused;
      setText(unit, job.unit ?? '');
    },
  };
}

function tabs(name) {
  const links = VIEWS.map(([view, title]) => element('a', {href: jobHref(name, view)}, title));
  return {
    node: element('nav', {class: 'tabs', 'aria-label': `Views of the job ${name}`}, ...links),
    select(chosen) {
      VIEWS.forEach(([view], i) => {
        if (view === chosen) {
          links[i].setAttribute('aria-current', 'page');
          links[i].scrollIntoView({block: 'nearest', inline: 'nearest'});
        } else {
          links[i].removeAttribute('aria-current');
        }
      });
    },
  };
}

export function showJob(root, route, context) {
  const head = header(context.job);
  const figures = new Figures(`The job ${context.job}`, [['arriving', 'Arriving'], ['processed', 'Processed'],
    ['backlog', 'Backlog'], ['workers', 'Workers running'], ['latency', 'Latency'], ['watermark', 'Watermark'],
    ['epoch', 'Epoch'], ['uptime', 'Uptime']]);
  const bar = tabs(context.job);
  const view = element('div', {class: 'view'});
  root.append(head.node, figures.node, bar.node, view);
  context.on('job', job => { head.update(job); fill(figures, job); });

  let shown = null;
  const showView = name => {
    const [address, title, show] = VIEWS.find(([known]) => known === name) ?? VIEWS[0];
    shown?.close();
    shown = new Context(context.job, context);
    view.replaceChildren();
    bar.select(address);
    document.title = `${context.job}: ${title} – StreamETL`;
    show(view, shown);
  };
  showView(route.view);
  return {showView};
}
