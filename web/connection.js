// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// Whether the numbers are live, and if not since when.

import {setText} from './dom.js';
import {clock} from './format.js';

const [notice, text] = ['lost', 'connection-text'].map(id => document.getElementById(id));
let lostAt = null;
let timer = null;

export function showConnected() {
  lostAt = null;
  clearInterval(timer);
  notice.hidden = true;
  document.body.dataset.connection = 'live';
  setText(text, 'live');
}

export function showLost(error) {
  if (lostAt === null) {
    lostAt = Date.now();
    document.body.dataset.connection = 'lost';
    setText(text, 'disconnected');
    setText(notice, `Disconnected since ${clock(lostAt * 1000)}: ${reason(error)}. The numbers below are from before; this page goes on by itself when the coordinator answers.`);
    notice.hidden = false;
  }
}

// What browsers say of a refused connection tells a reader nothing.
function reason(error) {
  return error instanceof TypeError ? 'the coordinator does not answer' : error.message;
}
