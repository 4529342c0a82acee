// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// The charts of the last hour, with one choice of how much of it is shown, and the same as a table.

import {Chart} from './charts.js';
import {element} from './dom.js';
import {clock, count, duration, rate} from './format.js';
import {History} from './history.js';
import {Table} from './table.js';

const CHARTS = {
  rates: {title: 'Records a second', format: rate,
    series: [{label: 'arriving', field: 'arrival_per_sec', colour: 'plain', fill: true},
      {label: 'processed', field: 'processed_per_sec', colour: 'accent'}]},
  backlog: {title: 'Backlog, in records', format: count,
    series: [{label: 'unread', field: 'backlog', colour: 'accent', fill: true}]},
  workers: {title: 'Workers', format: count, whole: true,
    series: [{label: 'running', field: 'workers_running', colour: 'plain', fill: true, step: true},
      {label: 'wanted', field: 'workers_wanted', colour: 'accent', step: true}]},
  latency: {title: 'Latency, from record to result', format: duration, axisFormat: duration, unit: 1e6,
    series: [{label: 'of the last epoch', field: 'latency_usec', colour: 'accent'}]},
};

const SPANS = [[5, '5 min'], [15, '15 min'], [60, '1 h']];
const MINUTE_MS = 60e3;

const MINUTES = [
  {head: 'Minute', text: row => clock(row.at_usec)},
  {head: 'Arriving/s', numeric: true, text: row => rate(row.arrival_per_sec)},
  {head: 'Processed/s', numeric: true, text: row => rate(row.processed_per_sec)},
  {head: 'Backlog', numeric: true, text: row => count(row.backlog)},
  {head: 'Wanted', numeric: true, text: row => count(row.workers_wanted)},
  {head: 'Running', numeric: true, text: row => count(row.workers_running)},
  {head: 'Latency', numeric: true, text: row => duration(row.latency_usec)},
];

class Hour {
  constructor(path, names, context) {
    this.history = new History(path, context.signal);
    this.minutes = SPANS[0][0];
    this.charts = names.map(name => {
      const {series, ...rest} = CHARTS[name];
      const chart = new Chart({...rest, series, signal: context.signal, onPoint: ms => this.point(ms)});
      return {chart, fields: series.map(({field}) => field)};
    });
    this.table = new Table({caption: 'The last hour, the last second of each minute', columns: MINUTES,
      key: row => row.at_usec, empty: 'Nothing is known yet.'});
    this.details = element('details', {}, element('summary', {}, 'The last hour as a table'), this.table.node);
    this.details.addEventListener('toggle', () => this.draw());
    const head = element('div', {class: 'head'}, element('h2', {}, 'The last hour'), this.choice());
    this.node = element('section', {}, head,
      element('div', {class: `charts of-${names.length}`}, ...this.charts.map(({chart}) => chart.node)), this.details);
  }

  choice() {
    const group = this.group = element('div', {class: 'choice', role: 'group', 'aria-label': 'How much is shown'});
    for (const [minutes, name] of SPANS) {
      const button = element('button', {type: 'button', 'aria-pressed': String(minutes === this.minutes)}, name);
      button.addEventListener('click', () => {
        this.chosen = true;
        this.show(minutes);
        this.draw();
      });
      group.append(button);
    }
    return group;
  }

  show(minutes) {
    this.minutes = minutes;
    SPANS.forEach(([each], i) => this.group.children[i].setAttribute('aria-pressed', String(each === minutes)));
  }

  // As long as nobody has chosen: 5 minutes, and 15 when there is more to see.
  showWhatIsKnown(first, last) {
    if (!this.chosen && last - first > SPANS[0][0] * MINUTE_MS && this.minutes !== SPANS[1][0]) {
      this.show(SPANS[1][0]);
    }
  }

  point(ms) {
    this.charts.forEach(({chart}) => chart.point(ms));
  }

  draw() {
    const last = this.history.points.at(-1);
    if (!last) {
      return;
    }
    const [to, first] = [last[0] / 1000, this.history.points[0][0] / 1000];
    this.showWhatIsKnown(first, to);
    // Nothing before the history began, if it is longer than a minute.
    const from = Math.max(to - this.minutes * MINUTE_MS, Math.min(first, to - MINUTE_MS));
    this.charts.forEach(({chart, fields}) => chart.draw(this.history.rows(fields), {from, to}));
    if (this.details.open) {
      this.table.update(this.everyMinute());
    }
  }

  // The last point of each minute, newest first.
  everyMinute() {
    const byMinute = new Map();
    for (const point of this.history.points) {
      byMinute.set(Math.floor(point[0] / 60e6), point);
    }
    return [...byMinute.values()].reverse()
      .map(point => Object.fromEntries([...this.history.fields].map(([name, i]) => [name, point[i]])));
  }

  async extend() {
    if (await this.history.extend()) {
      this.draw();
    }
  }
}

// Charts of these names (rates, backlog, workers, latency) from the history at the path; they go on with every
// event of that kind.
export function showHour(path, names, kind, context) {
  const hour = new Hour(path, names, context);
  const extend = () => hour.extend().catch(context.report);
  context.on('connected', () => { hour.history.forget(); extend(); });
  context.on(kind, extend);
  return hour.node;
}
