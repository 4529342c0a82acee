// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// A table whose rows are kept while they stay the same thing, so that focus, selection and scrolling do too.

import {element, setText} from './dom.js';

// Roles are said outright: on a phone the style lays rows out as cards, which would take them away.
const classOf = ({numeric, wide, long}) => [numeric && 'number', wide && 'wide', long && 'long'].filter(name => name).join(' ') || null;

const cellOf = (column, attributes = {}) =>
  element(attributes.scope ? 'th' : 'td', {class: classOf(column), ...attributes});

export class Table {
  // columns: [{head, text(row), make(row) if not text alone, numeric, hint, wide: takes what room there is,
  // long: a line of its own on a phone}]; the first one names the row.
  // key(row) tells rows apart. empty: what to say without rows. scroll: wide on a phone, rather than cards.
  // compact: no wider than what is in it.
  constructor({caption, columns, key, empty, scroll, compact}) {
    this.columns = columns;
    this.key = key;
    this.rows = new Map();
    this.body = element('tbody', {role: 'rowgroup'});
    const head = element('tr', {role: 'row'});
    for (const column of columns) {
      const cell = cellOf(column, {scope: 'col', role: 'columnheader', title: column.hint});
      cell.append(column.head);
      head.append(cell);
    }
    this.table = element('table', {role: 'table', class: `${scroll ? 'plain' : 'cards'}${compact ? ' compact' : ''}`},
      element('caption', {class: 'unseen'}, caption), element('thead', {role: 'rowgroup'}, head), this.body);
    this.empty = element('p', {class: 'empty'}, empty);
    this.node = element('div', {class: 'table'},
      element('div', {class: 'scroll', role: 'region', 'aria-label': caption, tabindex: '0'}, this.table), this.empty);
    this.update([]);
  }

  update(rows) {
    const gone = new Map(this.rows);
    let place = this.body.firstElementChild;
    for (const row of rows) {
      const key = String(this.key(row));
      const line = this.rows.get(key) ?? this.add(key);
      gone.delete(key);
      this.fill(line, row);
      if (line === place) {
        place = place.nextElementSibling;
      } else {
        this.body.insertBefore(line, place);
      }
    }
    for (const [key, line] of gone) {
      line.remove();
      this.rows.delete(key);
    }
    this.table.parentElement.hidden = rows.length === 0;
    this.empty.hidden = rows.length > 0;
  }

  add(key) {
    const line = element('tr', {role: 'row'});
    this.columns.forEach((column, i) => {
      line.append(cellOf(column, {
        ...(i === 0 ? {scope: 'row', role: 'rowheader'} : {role: 'cell'}), 'data-head': column.head}));
    });
    this.rows.set(key, line);
    return line;
  }

  fill(line, row) {
    this.columns.forEach((column, i) => {
      const cell = line.cells[i];
      const text = column.text(row);
      if (!column.make) {
        setText(cell, text);
      } else if (cell.made !== text) {
        cell.made = text;
        cell.replaceChildren(...column.make(row));
      }
    });
  }
}
