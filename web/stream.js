// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// Server-sent events, read with fetch: other than EventSource it notices silence and says why it was refused.

import {toProblem} from './api.js';

// The coordinator says something at least every 15 s.
const SILENCE_MS = 20000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 3000;

function pause(ms, signal) {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, {once: true});
  });
}

// One block of lines up to an empty one: {type, data}, or null for a comment.
export function parseEvent(block) {
  let type = 'message';
  const data = [];
  for (const line of block.split('\n')) {
    const [, field, value] = line.match(/^([^:]*):? ?(.*)$/);
    if (field === 'event') {
      type = value;
    } else if (field === 'data') {
      data.push(value);
    }
  }
  return data.length ? {type, data: JSON.parse(data.join('\n'))} : null;
}

async function read(body, onEvent, onBytes) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const {done, value} = await reader.read();
    if (done) {
      return;
    }
    onBytes();
    const blocks = (text + value).replaceAll('\r\n', '\n').split('\n\n');
    text = blocks.pop();
    blocks.map(parseEvent).filter(event => event).forEach(onEvent);
  }
}

async function once(path, {onOpen, onEvent, signal}) {
  const silence = new AbortController();
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new Error('nothing was heard for a while')), SILENCE_MS);
  };
  heard();
  try {
    const response = await fetch(path, {signal: AbortSignal.any([signal, silence.signal]), cache: 'no-store'});
    if (!response.ok) {
      throw await toProblem(response);
    }
    onOpen();
    await read(response.body, onEvent, heard);
    throw new Error('the coordinator has ended the stream');
  } finally {
    clearTimeout(timer);
  }
}

// Follows the stream until the signal, connecting again and again: onOpen() each time it stands, onEvent({type,
// data}), onLost(error) each time it does not.
export async function follow(path, {onOpen, onEvent, onLost, signal}) {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await once(path, {signal, onEvent, onOpen: () => { failures = 0; onOpen(); }});
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      onLost(error);
    }
    await pause(Math.min(FIRST_PAUSE_MS * 2 ** failures++, LONGEST_PAUSE_MS), signal);
  }
}
