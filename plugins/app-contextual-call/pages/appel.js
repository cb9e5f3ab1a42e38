/** The page of a link: takes the code out of the address, brings it to the engine, and shows what comes back. Nothing of the call stays in this browser. */
import { show } from './etapes.js';

const BASE = '/appel-contextuel/v1/';
const start = JSON.parse(document.querySelector('#start').value);
let code = start.code ?? /^#([A-Za-z0-9_-]{43})$/.exec(location.hash)?.[1];
const said = new URLSearchParams(location.search);
// Neither the history nor a bookmark keeps them.
history.replaceState(null, '', location.pathname);

async function post(road, body) {
  let step;
  try {
    const response = await fetch(BASE + road, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code, ...body }),
      cache: 'no-store',
      redirect: 'error',
    });
    const answer = await response.json();
    step = response.ok ? answer : { outcome: 'refused', reference: answer.reference, what: sentence(answer.detail), todo: AGAIN };
  } catch {
    step = { outcome: 'refused', what: 'Le serveur ne répond pas.', todo: AGAIN };
  }
  code = step.tab ?? code;
  if (step.outcome === 'link') redeem();
  else show(step, post);
}

// One tab of this browser at a time: the second one comes with what the first one was given, and knows who is open.
function redeem() {
  if (navigator.locks) void navigator.locks.request('passerelle-appel', () => post('links'));
  else void post('links');
}

const AGAIN = 'Refaites l’appel depuis le dossier du patient. Si cela se répète, prévenez votre service informatique.';
const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

if (start.step) show(start.step, post);
else if ((start.site || start.at) && new Set(said.keys()).size !== said.size)
  show({ outcome: 'refused', what: 'Cette adresse n’est pas valable.', todo: AGAIN }, post);
else if (start.site) void post('launches', { site: start.site, iss: said.get('iss') ?? '', launch: said.get('launch') ?? '' });
else if (start.at) void post('returns', { at: start.at, answer: Object.fromEntries(said) });
else if (!code) show({ outcome: 'refused', what: 'Ce lien a déjà servi, ou il est incomplet.', todo: AGAIN }, post);
else redeem();

// Brought back from memory, it shows a patient whose call is over.
addEventListener('pageshow', (event) => {
  if (event.persisted) show({ outcome: 'refused', what: 'Cette page n’est plus valable.', todo: AGAIN }, post);
});
