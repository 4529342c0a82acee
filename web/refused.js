// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// What stands in place of records when the coordinator does not show them.

import {element} from './dom.js';

// problem: the API's 403; command: what shows the same in a terminal.
export function refused(problem, command) {
  return element('div', {class: 'refused', role: 'note'},
    element('p', {}, element('strong', {}, 'Records are not shown on this page.'), ' ', problem.message),
    element('p', {}, 'Everybody who has an account on the server can open this address. To have them shown nevertheless, put this into ',
      element('code', {}, '/etc/streametl.conf'), ' and reload:'),
    element('pre', {}, 'http : { show_records = true; };\n\n$ sudo systemctl reload etl-coordinator'),
    element('p', {}, 'In a terminal: ', element('code', {}, command)));
}
