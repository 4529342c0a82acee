// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// The last hour, a point a second, as the coordinator keeps it.

import {get} from './api.js';
import {nowUsec} from './clock.js';

const HOUR_USEC = 3600e6, POINT_USEC = 1e6;

export class History {
  constructor(path, signal) {
    Object.assign(this, {path, signal, points: [], fields: new Map()});
  }

  // Asks for what is new, if there can be anything yet, and one question at a time. Whether anything was.
  async extend() {
    const last = this.points.at(-1)?.[0];
    if (this.asking || (last && nowUsec() - last < POINT_USEC)) {
      return false;
    }
    this.asking = true;
    try {
      const answer = await get(last ? `${this.path}?since=${last}` : this.path, this.signal);
      this.fields = new Map(answer.fields.map((name, i) => [name, i]));
      const fresh = answer.points.filter(point => !last || point[0] > last);
      this.points.push(...fresh);
      const old = this.points.findIndex(point => point[0] > this.points.at(-1)[0] - HOUR_USEC);
      this.points.splice(0, Math.max(0, old));
      return fresh.length > 0;
    } finally {
      this.asking = false;
    }
  }

  // After the coordinator was away: it may be another one, with another history.
  forget() {
    this.points = [];
  }

  // [[ms, value of each named field], ...], with nothing between two points that are far apart.
  rows(names, scale = 1) {
    const columns = names.map(name => this.fields.get(name));
    const rows = [];
    let before = null;
    for (const point of this.points) {
      if (before !== null && point[0] - before > 5e6) {
        rows.push([(before + 1e6) / 1000, ...columns.map(() => null)]);
      }
      before = point[0];
      rows.push([point[0] / 1000, ...columns.map(i => point[i] === null ? null : point[i] * scale)]);
    }
    return rows;
  }
}
