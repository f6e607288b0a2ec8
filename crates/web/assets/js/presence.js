// Who is here, and at which step; never oneself.
import { all, byId, make, user } from './dom.js';
import { hear } from './live.js';
import { colour, learn, session } from './variables.js';

const at = `/sessions/${session}/presence`;
let step = null;

const beat = (step, keepalive = false) =>
  fetch(at, { method: 'POST', keepalive, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ step }) }).catch(() => {});

/** Says at which step this person is. */
export function here(id) {
  step = id;
  if (!document.hidden) beat(step);
}

function showPeople({ session: of, people = [] }) {
  if (of !== session) return;
  const others = people.filter((person) => person.id !== user);
  for (const person of others) learn(person.id, person.name);
  const avatar = (person, tag) => make(tag, { class: `avatar small ${colour(person.id)}`, title: person.name }, person.initials);
  byId('presence')?.replaceChildren(...others.map((person) => {
    const item = avatar(person, 'li');
    item.classList.remove('small');
    item.append(make('span', { class: 'visually-hidden' }, ` ${person.name}`));
    return item;
  }));
  for (const place of all('.rail .here')) {
    place.replaceChildren(...others.filter((person) => `rail-${person.step}` === place.parentElement.id).map((person) => avatar(person, 'span')));
  }
}

/** Begins to tell and to show. */
export function meet() {
  hear('presence', showPeople);
  setInterval(() => document.hidden || beat(step), 20_000);
  document.addEventListener('visibilitychange', () => document.hidden || beat(step));
  addEventListener('pagehide', () => beat(null, true));
}
