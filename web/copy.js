// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// A button that copies a command.

import {element} from './dom.js';

const SHOWN_MS = 2000;

// Without the right to the clipboard (only https and localhost have it) the text is selected instead.
async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    return 'Copied';
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
    return 'Selected';
  }
}

// Behind the element that shows the text. name: what is copied, for screen readers.
export function copyButton(text, name) {
  const button = element('button', {type: 'button', class: 'copy', 'aria-label': `Copy the ${name}`}, 'Copy');
  button.addEventListener('click', async () => {
    button.textContent = await copy(text, button);
    setTimeout(() => { button.textContent = 'Copy'; }, SHOWN_MS);
  });
  return button;
}
