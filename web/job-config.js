// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// The configuration in force: the job's and the suite's, what was set and what is a default.

import {get, of} from './api.js';
import {element, section} from './dom.js';
import {Table} from './table.js';

const valueText = value => value === null ? 'not set' : Array.isArray(value) ? value.map(valueText).join(', ')
  : typeof value === 'object' ? JSON.stringify(value) : String(value);

const COLUMNS = [
  {head: 'Key', text: setting => setting.key, make: setting => [element('code', {}, setting.key)]},
  {head: 'Value', wide: true, text: setting => valueText(setting.value),
    make: setting => [element('code', {class: setting.default ? 'muted' : null}, valueText(setting.value))]},
  {head: 'From', long: true, text: setting => setting.default ? 'default' : 'file'},
];

function settingsView(title, {file, settings}) {
  const table = new Table({caption: title, columns: COLUMNS, key: setting => setting.key, empty: 'There is no setting.'});
  const only = element('input', {type: 'checkbox'});
  const update = () => table.update(settings.filter(setting => !only.checked || !setting.default));
  only.addEventListener('change', update);
  update();
  return section(title, element('p', {class: 'muted'}, element('code', {}, file ?? ''), ' ',
    element('label', {class: 'check'}, only, ' only what the file sets')), table.node);
}

export function showConfig(root, context) {
  const load = async () => {
    try {
      const [job, suite] = await Promise.all([get(of(context.job, 'config'), context.signal), get('/config', context.signal)]);
      root.replaceChildren(settingsView(`The job ${context.job}`, job), settingsView('The suite', suite));
    } catch (error) {
      root.replaceChildren(section('Configuration', element('p', {class: 'empty'}, error.message)));
      context.report(error);
    }
  };
  context.on('connected', load);
  context.onChange('job', job => [job.generation, job.workers_min, job.workers_max].join(), load);
}
