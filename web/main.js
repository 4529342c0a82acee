// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// The page: the address says what is shown, one stream of events keeps it fresh.

import {eventsPath, Problem} from './api.js';
import {setClock} from './clock.js';
import {showConnected, showLost} from './connection.js';
import {Context} from './context.js';
import {element, setText} from './dom.js';
import {changesText} from './announce.js';
import {showJob} from './job.js';
import {showOverview} from './overview.js';
import {jobHref, parseRoute} from './route.js';
import {follow} from './stream.js';

const main = document.getElementById('main');
let context = null;
let page = null; // of the job that is shown

function showPath(route) {
  const path = document.getElementById('path');
  path.replaceChildren(element('a', {href: '#/', 'aria-current': route.job ? null : 'page'}, 'Overview'));
  if (route.job) {
    path.append(element('span', {'aria-hidden': 'true'}, '/'), element('a', {href: jobHref(route.job), 'aria-current': 'page'}, route.job));
  }
}

function announce(text) {
  document.getElementById('announcements').textContent = text;
}

function receive(into, {type, data}) {
  if (type === 'status') {
    setClock(data);
    setText(document.getElementById('version'), `version ${data.version}`);
  }
  const text = changesText(type, data, into.last);
  into.give(type, data);
  if (text) {
    announce(text);
  }
}

// A job that is not there is no loss of the connection. It may come.
function lost(into, error) {
  if (error instanceof Problem && error.status === 404) {
    showConnected();
    into.missing = true;
    main.replaceChildren(element('h1', {}, 'Not found'), element('p', {}, error.message),
      element('p', {}, element('a', {href: '#/'}, 'Overview')));
    return;
  }
  into.forget('connected');
  showLost(error);
}

function opened(into) {
  showConnected();
  if (into.missing) {
    open(parseRoute(location.hash));
  } else {
    into.give('connected', {});
  }
}

function connect(into) {
  const streaming = new AbortController();
  into.signal.addEventListener('abort', () => streaming.abort());
  follow(eventsPath(into.job), {
    signal: streaming.signal,
    onOpen: () => opened(into),
    onEvent: event => receive(into, event),
    onLost: error => lost(into, error),
  });
  return streaming;
}

// Browsers allow a server six connections at a time: a tab that nobody sees holds none.
let streaming = null;
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    streaming?.abort();
    streaming = null;
  } else if (context && !streaming) {
    streaming = connect(context);
  }
});

function open(route) {
  context?.close();
  context = new Context(route.job);
  main.replaceChildren();
  showPath(route);
  page = route.job ? showJob(main, route, context) : showOverview(main, context);
  streaming = document.hidden ? null : connect(context);
}

function go() {
  const route = parseRoute(location.hash);
  if (context && route.job !== null && context.job === route.job) {
    page.showView(route.view);
    return;
  }
  const first = !context;
  open(route);
  if (!first) {
    main.focus();
  }
  if (!route.job) {
    document.title = 'StreamETL';
  }
}

document.getElementById('skip').addEventListener('click', event => {
  event.preventDefault();
  main.focus();
});
setText(document.getElementById('zone'), ` (${Intl.DateTimeFormat().resolvedOptions().timeZone})`);
addEventListener('hashchange', go);
go();
