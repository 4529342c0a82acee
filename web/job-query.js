// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// What the job computes, and the steps it takes for it.

import {get, of} from './api.js';
import {element, section, terms} from './dom.js';
import {duration, UNKNOWN} from './format.js';
import {Table} from './table.js';

// Lines but the first of a query of several lines stand as far right as in its file.
function unindented(text) {
  const [first, ...rest] = text.split('\n');
  const indent = Math.min(...rest.filter(line => line.trim()).map(line => line.search(/\S/)));
  return [first.trimStart(), ...rest.map(line => line.slice(Math.min(indent, line.length)))].join('\n');
}

function show(root, query) {
  const columns = new Table({caption: 'Columns of the result', compact: true, key: column => column.name, empty: 'There are no columns.',
    columns: [{head: 'Column', text: column => column.name}, {head: 'Type', text: column => column.type}]});
  columns.update(query.columns);
  root.replaceChildren(
    section('Query', element('pre', {class: 'query', tabindex: '0'}, unindented(query.query)),
      terms([['Event time', query.event_time ?? UNKNOWN], ['Watermark', `${duration(query.watermark_delay_usec)} behind`],
        ['Output', query.output], ['Trigger', `every ${duration(query.trigger_usec)}`]])),
    section('Plan', element('pre', {class: 'plan', tabindex: '0'}, (query.plan ?? []).join('\n'))),
    section('Result', columns.node));
}

export function showQuery(root, context) {
  context.on('connected', () => get(of(context.job, 'query'), context.signal)
    .then(query => show(root, query), error => {
      root.replaceChildren(section('Query', element('p', {class: 'empty'}, error.message)));
      context.report(error);
    }));
}
