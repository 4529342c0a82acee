// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// Questions to the coordinator.

const BASE = '/api/v1';

// An answer that is an error: RFC 9457's problem, of which detail says what to do.
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export async function toProblem(response) {
  try {
    const {detail, title} = await response.json();
    return new Problem(response.status, detail || title);
  } catch {
    return new Problem(response.status, `the coordinator answers with status ${response.status}`);
  }
}

export async function get(path, signal) {
  const response = await fetch(BASE + path, {signal, cache: 'no-store'});
  if (!response.ok) {
    throw await toProblem(response);
  }
  return response.json();
}

// Path of something of a job: of('clicks', 'workers').
export function of(job, what) {
  return `/jobs/${encodeURIComponent(job)}${what ? `/${what}` : ''}`;
}

export function eventsPath(job) {
  return `${BASE}/events${job ? `?job=${encodeURIComponent(job)}` : ''}`;
}
