// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// What is derived from a job's numbers.

export function badCount(job) {
  return job.bad ? Object.values(job.bad).reduce((sum, n) => sum + n, 0) : null;
}

// Reasons for which records were put aside, with how many: [[reason, n], ...], the most first.
export function reasonsOf(job) {
  return [...Object.entries(job.bad ?? {}), ['late', job.late ?? 0]]
    .filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
}
