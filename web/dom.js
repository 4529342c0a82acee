// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: StreamETL contributors
//
// Elements. Text goes in as text: nothing that comes from the API is ever read as HTML.

// element('a', {href: '#/', class: 'x'}, 'text', node, ...); attributes that are null or false are left out.
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(key, value === true ? '' : value);
    }
  }
  node.append(...children);
  return node;
}

// Leaves the node alone if it says so already: selections and screen readers notice every change.
export function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

// A part of a page: a heading and what is below it.
export function section(title, ...children) {
  return element('section', {}, element('h2', {}, title), ...children);
}

// A list of terms: [[term, text or node], ...].
export function terms(pairs) {
  const list = element('dl', {class: 'terms'});
  for (const [term, value] of pairs) {
    list.append(element('div', {}, element('dt', {}, term), element('dd', {}, value)));
  }
  return list;
}
