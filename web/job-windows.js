// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// The current windows as of the last epoch, to be filtered by key.

import {get, of} from './api.js';
import {element, section, setText} from './dom.js';
import {clock, count, duration, moment} from './format.js';
import {sinceUsec} from './clock.js';
import {refused} from './refused.js';
import {Table} from './table.js';
import {isTime, toMs, valueColumns, WindowsChart} from './windows-chart.js';

const PAGE = 100, MOST = 1000; // rows shown at first; rows asked for


function cellText(column, value) {
  if (value === null) {
    return 'NULL';
  }
  return isTime(column) && typeof value === 'number' ? moment(toMs(value) * 1000)
    : typeof value === 'number' ? value.toLocaleString('en-US', {maximumFractionDigits: 6}) : String(value);
}

class Windows {
  constructor(root, context) {
    Object.assign(this, {context, shown: PAGE, filters: new Map()});
    this.filterBar = element('form', {class: 'filters', 'aria-label': 'Filter by key'});
    this.filterBar.addEventListener('submit', event => event.preventDefault());
    this.filterBar.addEventListener('change', () => this.load());
    this.summary = element('p', {class: 'muted', id: 'windows-summary', role: 'status'});
    this.chart = new WindowsChart(context.signal);
    this.list = element('div');
    this.more = element('button', {type: 'button', hidden: true}, 'Show more');
    this.more.addEventListener('click', () => { this.shown = MOST; this.show(this.results); });
    this.section = section('Current windows', this.filterBar, this.summary, this.chart.node, this.list, this.more);
    root.append(this.section);
  }

  question() {
    const question = new URLSearchParams({limit: MOST});
    for (const [name, input] of this.filters) {
      if (name !== '' && input.value !== '') {
        question.append('where', `${name}=${input.value}`);
      }
    }
    return `${of(this.context.job, 'results')}?${question}`;
  }

  // The columns are known with the first answer.
  build(columns) {
    const id = JSON.stringify(columns);
    if (id === this.built) {
      return;
    }
    this.built = id;
    this.table = new Table({caption: 'Current windows, the newest first', scroll: true, empty: 'No window is open, or none matches.',
      key: row => JSON.stringify(columns.map((column, i) => column.role === 'key' ? row.values[i] : '')) + (columns.some(column => column.role === 'key') ? '' : row.number),
      columns: columns.map((column, i) => ({head: column.name, hint: column.type,
        numeric: column.role === 'value', text: row => cellText(column, row.values[i])}))});
    this.list.replaceChildren(this.table.node);
    this.filters.clear();
    this.filterBar.replaceChildren();
    for (const column of columns.filter(each => each.role === 'key')) {
      this.addFilter(column.name, element('input', {type: 'search', autocomplete: 'off', spellcheck: 'false', placeholder: 'any'}));
    }
    const values = valueColumns(columns);
    this.drawn = null;
    if (values.length > 0) {
      this.drawn = element('select', {}, ...values.map(column => element('option', {}, column.name)));
      this.filterBar.append(element('label', {}, 'Chart of ', this.drawn));
    }
  }

  addFilter(name, input) {
    this.filters.set(name, input);
    this.filterBar.append(element('label', {}, `${name} `, input));
  }

  show(results) {
    this.results = results;
    const rows = results.rows.slice(0, this.shown);
    this.build(results.columns);
    this.section.querySelector('.refused')?.remove();
    this.table.update(rows.map((values, number) => ({values, number})));
    this.chart.draw(results, this.drawn?.value);
    setText(this.summary, `${count(rows.length)} of ${count(results.total)} rows, as of epoch ${count(results.epoch)}`
      + (results.epoch_at_usec ? `, ${duration(sinceUsec(results.epoch_at_usec))} ago` : '')
      + `; watermark ${clock(results.watermark_usec)}.`
      + (results.after && this.shown >= MOST ? ` The others: etlctl results ${this.context.job}` : ''));
    this.more.hidden = rows.length === results.rows.length;
  }

  refuse(error) {
    if (error.status === 403) {
      this.summary.textContent = '';
      this.list.replaceChildren(refused(error, `sudo etlctl results ${this.context.job}`));
      this.built = null;
    } else if (error.status === 400 || error.status === 404) {
      setText(this.summary, error.message);
    } else {
      this.context.report(error);
    }
  }

  async load() {
    try {
      this.show(await get(this.question(), this.context.signal));
    } catch (error) {
      this.refuse(error);
    }
  }
}

export function showWindows(root, context) {
  const windows = new Windows(root, context);
  context.on('connected', () => windows.load());
  context.onChange('epoch', epoch => epoch.epoch, () => windows.load());
  context.onChange('job', job => job.epoch, job => {
    if (windows.results?.epoch !== job.epoch) {
      windows.load();
    }
  });
}
