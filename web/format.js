// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// Numbers and times as text. What is not known is a dash.

export const UNKNOWN = '–';

const known = format => value => value === null || value === undefined ? UNKNOWN : format(value);

export const count = known(n => Math.round(n).toLocaleString('en-US'));

// Per second, to three figures or so.
export const rate = known(n => n.toLocaleString('en-US', n < 100
  ? {minimumFractionDigits: 1, maximumFractionDigits: 1} : {maximumFractionDigits: 0}));

export const percent = known(share => `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`);

export const bytes = known(n => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let power = 0;
  while (n >= 1024 && power < units.length - 1) {
    n /= 1024;
    power++;
  }
  return `${n.toFixed(power === 0 || n >= 100 ? 0 : 1)} ${units[power]}`;
});

const LONG = [[86400, 'd', 3600, 'h'], [3600, 'h', 60, 'min'], [60, 'min', 1, 's']];

export const duration = known(usec => {
  const seconds = usec / 1e6;
  if (seconds === 0) {
    return '0 s';
  }
  if (seconds < 0.9995) {
    return `${+(seconds * 1000).toFixed(seconds < 0.00995 ? 1 : 0)} ms`;
  }
  if (seconds < 59.95) {
    return `${+seconds.toFixed(1)} s`;
  }
  const [size, name, part, partName] = LONG.find(step => seconds >= step[0] - step[2] / 2);
  const parts = Math.round(seconds / part);
  const rest = parts % (size / part);
  return `${Math.floor(parts * part / size)} ${name}${rest ? ` ${rest} ${partName}` : ''}`;
});

const sameDay = (a, b) => a.toDateString() === b.toDateString();
const two = n => String(n).padStart(2, '0');
const dayOf = date => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
const hoursOf = date => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

// A time of today as 14:03:22, another with its day.
export const clock = known(usec => {
  const date = new Date(usec / 1000);
  return sameDay(date, new Date()) ? hoursOf(date) : `${dayOf(date)} ${hoursOf(date)}`;
});

export const moment = known(usec => {
  const date = new Date(usec / 1000);
  return `${dayOf(date)} ${hoursOf(date)}`;
});

// For axes: 1500 as 1.5k.
export function short(n) {
  for (const [size, name] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']]) {
    if (Math.abs(n) >= size) {
      return `${+(n / size).toPrecision(3)}${name}`;
    }
  }
  return String(+n.toPrecision(3));
}

export function plural(n, word) {
  return `${count(n)} ${word}${n === 1 ? '' : 's'}`;
}

// The server's name of a state or reason: not_json as "not JSON".
export const words = known(name => name.replaceAll('_', ' ').replace(/\bjson\b/, 'JSON'));
