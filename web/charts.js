// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// A line chart over time: dygraphs draws it; legend, text alternative and colours are ours.

import {element, setText} from './dom.js';
import {short} from './format.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

// A colour of the style sheet, of the scheme in use.
export function colourOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

const two = n => String(n).padStart(2, '0');

// dygraphs' own legend writes style attributes, which the page's security policy refuses.
function plugins(Dygraph) {
  Dygraph.PLUGINS = [Dygraph.Plugins.Axes, Dygraph.Plugins.Grid];
}

function extremes(rows, i) {
  let least = Infinity, greatest = -Infinity, last = null;
  for (const row of rows) {
    if (row[i] !== null) {
      least = Math.min(least, row[i]);
      greatest = Math.max(greatest, row[i]);
      last = row[i];
    }
  }
  return last === null ? null : {least, greatest, last};
}

export class Chart {
  // series: [{label, colour: a name of the style sheet, fill, step}]; format(value) is for legend and text, whole
  // for an axis of whole numbers, unit what an axis without values goes up to. onPoint(ms or null): the pointer is at this time, or has gone.
  constructor({title, series, format, axisFormat = short, unit = 1, whole, points, signal, onPoint}) {
    Object.assign(this, {title, series, format, axisFormat, unit, whole, points, onPoint, rows: []});
    this.values = series.map(() => element('span', {class: 'value'}, '–'));
    const legend = element('ul', {class: 'legend'}, ...series.map(({label, colour}, i) => element('li', {},
      element('span', {class: `swatch ${colour}`, 'aria-hidden': 'true'}), label, ' ', this.values[i])));
    this.canvas = element('div', {class: 'canvas', role: 'img', 'aria-label': `${title}: nothing yet`});
    this.node = element('figure', {class: 'chart'},
      element('figcaption', {}, element('h3', {}, title), legend), this.canvas);
    dark.addEventListener('change', () => this.restyle(), {signal});
    signal.addEventListener('abort', () => this.dygraph?.destroy());
  }

  // rows: [[ms, value of each series or null], ...]; from and to: the time that is shown, in ms.
  draw(rows, {from, to}) {
    const begin = rows.findIndex(row => row[0] >= from);
    this.rows = begin < 0 ? [] : rows.slice(begin);
    if (this.selected === undefined) {
      this.showValues();
    }
    if (!this.rows.length || !this.canvas.isConnected) {
      return;
    }
    const seen = this.describe();
    if (!window.Dygraph) {
      setText(this.canvas, 'No chart: dygraphs is not installed on the server (package libjs-dygraphs).');
      return;
    }
    const file = this.rows.map(([ms, ...values]) => [new Date(ms), ...values]);
    const options = {file, dateWindow: [from, to], valueRange: [0, this.top(seen)]};
    if (this.dygraph) {
      this.dygraph.updateOptions(options);
    } else {
      plugins(window.Dygraph);
      this.dygraph = new window.Dygraph(this.canvas, file, {...this.options(), ...options});
    }
  }

  top(seen) {
    const greatest = Math.max(0, ...seen.filter(s => s).map(s => s.greatest));
    return this.whole ? Math.max(1, greatest) + 0.4 : greatest * 1.1 || this.unit;
  }

  // What a reader without the picture gets of it; returns what is known of each series.
  describe() {
    const seen = this.series.map((_, i) => extremes(this.rows, i + 1));
    const parts = this.series.map(({label}, i) => seen[i]
      ? `${label}: last ${this.format(seen[i].last)}, least ${this.format(seen[i].least)}, greatest ${this.format(seen[i].greatest)}`
      : `${label}: nothing`);
    this.canvas.setAttribute('aria-label', `${this.title}. ${parts.join('; ')}.`);
    return seen;
  }

  // The values at a time, or the last ones.
  showValues(row = this.rows.at(-1)) {
    this.series.forEach((_, i) => setText(this.values[i], this.format(row ? row[i + 1] : null)));
  }

  // Shows the values at the time (ms) as if the pointer were there; null for the last ones.
  point(ms) {
    const at = ms === null ? -1 : this.rows.findIndex(row => row[0] >= ms);
    this.selected = at < 0 ? undefined : ms;
    this.showValues(at < 0 ? undefined : this.rows[at]);
    if (at < 0) {
      this.dygraph?.clearSelection();
    } else {
      this.dygraph?.setSelection(at);
    }
  }

  options() {
    return {
      labels: ['time', ...this.series.map(({label}) => label)],
      series: Object.fromEntries(this.series.map(({label, fill, step}) => [label, {fillGraph: Boolean(fill), stepPlot: Boolean(step)}])),
      axes: {
        x: {axisLabelFormatter: (date, granularity, get, g) => this.timeLabel(date, g), pixelsPerLabel: 70},
        y: {axisLabelFormatter: n => this.whole && !Number.isInteger(n) ? '' : this.axisFormat(n), pixelsPerLabel: 28},
      },
      axisLabelFontSize: 11,
      axisLabelWidth: 52,
      strokeWidth: 1.5,
      fillAlpha: 0.12,
      drawPoints: Boolean(this.points),
      pointSize: 2.5,
      highlightCircleSize: 3,
      connectSeparatedPoints: true,
      resizable: 'passive',
      interactionModel: {},
      highlightCallback: (event, x) => this.onPoint?.(x),
      unhighlightCallback: () => this.onPoint?.(null),
      ...this.colours(),
    };
  }

  timeLabel(date, g) {
    const [from, to] = g.xAxisRange();
    const hours = `${two(date.getHours())}:${two(date.getMinutes())}`;
    return to - from < 600e3 ? `${hours}:${two(date.getSeconds())}` : hours;
  }

  colours() {
    return {
      colors: this.series.map(({colour}) => colourOf(colour)),
      axisLineColor: colourOf('line'),
      gridLineColor: colourOf('line'),
      gridLineWidth: 0.5,
    };
  }

  restyle() {
    this.dygraph?.updateOptions(this.colours());
  }
}
