// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// Records that were put aside: how many for which reason, and the newest of them.

import {get, of} from './api.js';
import {element, section, setText} from './dom.js';
import {bytes, clock, count, duration, UNKNOWN, words} from './format.js';
import {reasonsOf} from './job-numbers.js';
import {refused} from './refused.js';
import {Table} from './table.js';

const KEPT = 1000;

const windowText = letter => letter.window_start_usec ? `${clock(letter.window_start_usec)} to ${clock(letter.window_end_usec)}` : UNKNOWN;
const valueText = letter => letter.value_encoding && letter.value_encoding !== 'utf8' && letter.value_encoding !== 'text' && letter.value_encoding !== 'utf-8'
  ? `(${letter.value_encoding}) ${letter.value}` : letter.value ?? '';

const COLUMNS = [
  {head: 'Time', text: letter => clock(letter.at_usec)},
  {head: 'Reason', long: true, text: letter => words(letter.reason)},
  {head: 'Column', text: letter => letter.column ?? UNKNOWN},
  {head: 'Where', long: true, text: letter => `${letter.topic}/${letter.partition}, ${count(letter.offset)}`},
  {head: 'Event time', numeric: true, text: letter => clock(letter.event_time_usec)},
  {head: 'Late by', numeric: true, text: letter => duration(letter.late_by_usec)},
  {head: 'Its window', long: true, text: windowText},
  {head: 'Size', numeric: true, text: letter => bytes(letter.size_bytes)},
  {head: 'Record', wide: true, text: valueText, make: letter => [element('code', {class: 'record'}, valueText(letter))]},
];

class DeadLetters {
  constructor(root, context) {
    Object.assign(this, {context, letters: [], reason: null});
    this.choice = element('div', {class: 'choice', role: 'group', 'aria-label': 'Reason'});
    this.counts = new Table({caption: 'Records put aside, by reason', compact: true, key: ([reason]) => reason,
      empty: 'Every record could be used.',
      columns: [{head: 'Reason', text: ([reason]) => words(reason)}, {head: 'Records', numeric: true, text: ([, n]) => count(n)}]});
    this.note = element('p', {class: 'muted', id: 'dead-letters-note'});
    this.table = new Table({caption: 'The newest records put aside', columns: COLUMNS, key: letter => letter.id, empty: 'There is no sample.'});
    this.list = element('div', {}, this.choice, this.table.node);
    root.append(section('By reason', this.counts.node), section('Samples', this.note, this.list));
  }

  showCounts(job) {
    this.counts.update(reasonsOf(job));
  }

  // A button for each reason among the samples.
  showChoice() {
    const reasons = [...new Set(this.letters.map(letter => letter.reason))].sort();
    const shown = [...this.choice.children].map(button => button.value);
    if (shown.join() !== ['', ...reasons].join()) {
      this.choice.replaceChildren(...['', ...reasons].map(reason => this.button(reason)));
    }
    this.choice.hidden = reasons.length < 2;
  }

  button(reason) {
    const button = element('button', {type: 'button', value: reason, 'aria-pressed': String((this.reason ?? '') === reason)}, words(reason || 'all'));
    button.addEventListener('click', () => {
      this.reason = reason || null;
      [...this.choice.children].forEach(other => other.setAttribute('aria-pressed', String(other === button)));
      this.show();
    });
    return button;
  }

  show() {
    const chosen = this.letters.filter(letter => !this.reason || letter.reason === this.reason);
    this.table.update([...chosen].reverse());
    setText(this.note, `The newest ${count(KEPT)} are kept by the coordinator; all go to the job's dead_letter sink, if it has one.`);
  }

  async load() {
    try {
      const answer = await get(`${of(this.context.job, 'dead-letters')}?limit=${KEPT}`, this.context.signal);
      this.letters = answer.dead_letters;
      this.showChoice();
      this.show();
    } catch (error) {
      if (error.status === 403) {
        this.note.textContent = '';
        this.list.replaceChildren(refused(error, `sudo etlctl dead-letters ${this.context.job}`));
      } else {
        this.context.report(error);
      }
    }
  }
}

export function showDeadLetters(root, context) {
  const view = new DeadLetters(root, context);
  context.on('job', job => view.showCounts(job));
  context.on('connected', () => view.load());
  context.onChange('job', job => JSON.stringify(reasonsOf(job)), () => view.load());
}
