/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
'use strict';
const count = n => n == null ? '' : Math.round(n).toLocaleString('en');
const time = usec => usec == null ? '' : new Date(usec / 1000).toLocaleTimeString();
function fill(id, heads, rows) {
  const table = document.getElementById(id);
  table.replaceChildren();
  const head = table.insertRow();
  for (const text of heads) { const cell = document.createElement('th'); cell.textContent = text; head.append(cell); }
  for (const values of rows) {
    const row = table.insertRow();
    for (const value of values) { const cell = row.insertCell(); cell.textContent = value; if (/^[\d,.]+$/.test(value)) cell.className = 'n'; }
  }
}
const ask = async path => (await fetch('/api/v1/' + path)).json();
async function show() {
  const state = document.getElementById('state');
  try {
    const [status, workers, decisions] = await Promise.all([ask('status'), ask('workers'), ask('decisions')]);
    state.className = status.problems.length ? 'bad' : '';
    state.textContent = status.problems.length ? status.problems.join('; ')
      : `${status.jobs_running} jobs, ${status.workers_running} workers, ${count(status.processed_per_sec)} rec/s, lag ${count(status.backlog)}`;
    fill('jobs', ['Job', 'State', 'Arriving/s', 'Processed/s', 'Lag', 'Workers', 'Wanted', 'Epoch', 'Watermark', 'Late'],
      status.jobs.map(j => [j.name, j.why ? `${j.state}: ${j.why}` : j.state, count(j.arrival_per_sec), count(j.processed_per_sec), count(j.backlog),
        count(j.workers_running), count(j.workers_wanted), count(j.epoch), time(j.watermark_usec), count(j.late)]));
    fill('workers', ['Job', 'Number', 'State', 'Records', 'Leases'],
      workers.workers.map(w => [w.job, count(w.number), w.state, count(w.records), count((w.leases || []).length)]));
    fill('decisions', ['Time', 'Job', 'Workers', 'Reason'],
      decisions.decisions.slice(-20).reverse().map(d => [time(d.at_usec), d.job, `${d.workers_now} \u2192 ${d.workers_wanted}`, d.reason]));
  } catch (error) { state.className = 'bad'; state.textContent = 'The coordinator does not answer: ' + error.message; }
  setTimeout(show, 1000);
}
show();
