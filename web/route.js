// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// The address after '#': #/ is the overview, #/jobs/NAME/VIEW a job's view, so that each can be bookmarked.

export function parseRoute(hash) {
  const [, kind, name, view] = hash.replace(/^#/, '').split('/').map(decodeURIComponent);
  return kind === 'jobs' && name ? {job: name, view: view || ''} : {job: null, view: ''};
}

export function jobHref(job, view) {
  return `#/jobs/${encodeURIComponent(job)}${view ? `/${view}` : ''}`;
}
