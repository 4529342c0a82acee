// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// Why there are as many workers as there are.

import {of} from './api.js';
import {showDecisions} from './decisions.js';
import {element, section, setText} from './dom.js';

export function showScaling(root, context) {
  const outlook = element('p', {class: 'outlook', id: 'outlook'});
  root.append(
    section('Now', outlook),
    section('Decisions', showDecisions(of(context.job, 'decisions'), {numbers: true}, context)));
  context.on('job', job => setText(outlook,
    `${job.workers_running} of ${job.workers_wanted} workers run, between ${job.workers_min} and ${job.workers_max} are allowed`
    + `${job.limits_overridden ? ' (set with etlctl scale)' : ''}. ${job.outlook ?? ''}`));
}
