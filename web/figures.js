// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// The few numbers that matter most, large, in one line.

import {element, setText} from './dom.js';

export class Figures {
  // figures: [[name, label], ...]
  constructor(label, figures) {
    this.parts = new Map();
    this.node = element('dl', {class: 'figures', 'aria-label': label});
    for (const [name, text] of figures) {
      const value = element('span', {class: 'value', 'data-figure': name}, '–');
      const note = element('span', {class: 'note', 'data-note': name});
      this.parts.set(name, {value, note});
      this.node.append(element('div', {}, element('dt', {}, text), element('dd', {}, value, note)));
    }
  }

  set(name, value, note = '') {
    const parts = this.parts.get(name);
    setText(parts.value, value);
    setText(parts.note, note);
  }
}
