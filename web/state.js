// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// A state as a coloured dot and its word.

import {element} from './dom.js';
import {words} from './format.js';

const MOODS = {
  good: ['running', 'active', 'ready', 'delivering'],
  busy: ['starting', 'activating', 'reloading', 'draining', 'deactivating', 'waiting', 'retrying', 'stopping'],
  bad: ['failed'],
};

export function stateMark(state) {
  const mood = Object.keys(MOODS).find(name => MOODS[name].includes(state)) ?? 'still';
  return element('span', {class: `state ${mood}`}, element('span', {class: 'dot', 'aria-hidden': 'true'}), words(state));
}
