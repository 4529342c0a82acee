// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// Current windows as lines: one for each key, over the windows' starts.

import {Chart} from './charts.js';
import {element} from './dom.js';
import {count, rate} from './format.js';

const LINES = 6;

export const isTime = column => /^(timestamp|date)/i.test(column.type);
const isNumber = column => /^(tinyint|smallint|int|integer|bigint|long|float|double|decimal)/i.test(column.type);

// A cell of a time column, which the API gives in microseconds or as text.
export const toMs = value => typeof value === 'number' ? value / 1000 : Date.parse(value);

export const valueColumns = columns => columns.filter(column => column.role === 'value' && isNumber(column));

// The rows as lines: {labels: [...], rows: [[ms, value of each line], ...], left: how many lines are not shown}, or
// null if there is no time to draw over. The lines are those with the greatest sums.
export function toLines({columns, rows}, valueName) {
  const time = columns.findIndex(column => column.role === 'key' && isTime(column));
  const value = columns.findIndex(column => column.name === valueName);
  const keys = columns.map((column, i) => i).filter(i => columns[i].role === 'key' && !isTime(columns[i]));
  if (time < 0 || value < 0) {
    return null;
  }
  const label = row => keys.map(i => row[i] ?? 'NULL').join(', ') || valueName;
  const sums = new Map(), times = new Map();
  for (const row of rows) {
    sums.set(label(row), (sums.get(label(row)) ?? 0) + Number(row[value] ?? 0));
  }
  const counting = [...sums].filter(([, sum]) => sum !== 0);
  const labels = (counting.length ? counting : [...sums]).sort((a, b) => b[1] - a[1]).slice(0, LINES).map(([name]) => name).sort();
  for (const row of rows) {
    const line = labels.indexOf(label(row));
    if (line >= 0) {
      const ms = toMs(row[time]);
      const point = times.get(ms) ?? times.set(ms, [ms, ...labels.map(() => null)]).get(ms);
      point[line + 1] = row[value] === null ? null : Number(row[value]);
    }
  }
  return {labels, rows: [...times.values()].sort((a, b) => a[0] - b[0]), left: sums.size - labels.length};
}

const format = value => value === null ? '–' : Number.isInteger(value) ? count(value) : rate(value);

// Keeps one chart as long as the lines are the same.
export class WindowsChart {
  constructor(signal) {
    this.signal = signal;
    this.node = element('div', {class: 'windows-chart'});
  }

  draw(results, valueName) {
    const lines = toLines(results, valueName);
    this.node.hidden = !lines || lines.rows.length === 0;
    if (this.node.hidden) {
      return;
    }
    const id = JSON.stringify([valueName, lines.labels, lines.left > 0]);
    if (id !== this.id) {
      this.make(id, valueName, lines);
    }
    const from = lines.rows[0][0], to = lines.rows.at(-1)[0];
    this.chart.draw(lines.rows, {from: from === to ? from - 1000 : from, to: from === to ? to + 1000 : to});
  }

  make(id, valueName, {labels, left}) {
    this.closing?.abort();
    this.closing = new AbortController();
    this.id = id;
    this.chart = new Chart({title: `${valueName} by start of the window`, format, points: true,
      signal: AbortSignal.any([this.signal, this.closing.signal]),
      onPoint: ms => this.chart.point(ms),
      series: labels.map((label, i) => ({label, colour: `worker-${i}`}))});
    this.node.replaceChildren(this.chart.node, ...left > 0
      ? [element('p', {class: 'muted'}, labels.length < LINES ? 'Keys whose sum is 0 are not drawn.'
        : `The ${LINES} keys with the greatest sums are drawn; filter to see others.`)] : []);
  }
}
