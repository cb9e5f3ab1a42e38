/** What each step of a call looks like. Values are put in as text, never as markup. */

const page = document.querySelector('#page');

/** An element with its children; a string is text. */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

function replace(title, ...children) {
  document.title = title;
  const heading = make('h1', { tabindex: '-1' }, title);
  page.replaceChildren(heading, ...children.filter((child) => child !== undefined));
  heading.focus();
}

function button(text, act, kind = '') {
  const made = make('button', { type: 'button', class: kind }, text);
  made.addEventListener('click', () => {
    // A second click is no second answer.
    for (const other of page.querySelectorAll('button')) other.disabled = true;
    act();
  });
  return made;
}

const SEXES = { F: 'sexe féminin', M: 'sexe masculin' };
const BORN = { F: 'née le', M: 'né le' };
const dateOf = (date) => date.split('-').reverse().join('/');
const nameOf = ({ birthName, usedName, givenNames }) =>
  [birthName ?? usedName ?? 'Nom inconnu', birthName && usedName && usedName !== birthName ? `(nom utilisé ${usedName})` : '', givenNames]
    .filter(Boolean)
    .join(' ');

function person(shown) {
  const facts = [shown.birthDate && `${BORN[shown.sex] ?? 'né(e) le'} ${dateOf(shown.birthDate)}`, SEXES[shown.sex]].filter(Boolean).join(', ');
  return [make('strong', {}, nameOf(shown)), facts];
}

const reference = (step) =>
  step.reference ? make('p', { class: 'reference' }, 'Référence à donner au service informatique : ', make('strong', {}, step.reference)) : undefined;

/** A step of `v1/links` and its followers; `post(road, body)` brings an answer. */
export function show(step, post) {
  (STEPS[step.outcome] ?? STEPS.refused)(step, post);
}

const STEPS = {
  open: ({ url, fields }) => {
    replace('Ouverture du dossier', make('p', { role: 'status' }, 'Un instant, le dossier s’ouvre.'));
    const form = make('form', { method: 'post', action: url, hidden: '' });
    for (const [name, value] of Object.entries(fields)) form.append(make('input', { type: 'hidden', name, value }));
    document.body.append(form);
    form.submit();
  },

  choose: (step, post) => {
    const missing = make('p', { class: 'alert', role: 'alert', hidden: '' }, 'Choisissez d’abord un dossier.');
    const choices = step.candidates.map((candidate, index) =>
      make(
        'div',
        { class: 'person' },
        make('label', {}, make('input', { type: 'radio', name: 'candidate', value: index }), make('span', {}, ...person(candidate))),
      ),
    );
    const open = make('button', { type: 'submit', class: 'main' }, 'Ouvrir le dossier choisi');
    const form = make(
      'form',
      {},
      make('fieldset', {}, make('legend', {}, 'Lequel est le sien ?'), ...choices),
      missing,
      make(
        'div',
        { class: 'buttons' },
        open,
        button('Aucun de ces patients', () => post('choices', { candidate: 'none' })),
      ),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const chosen = form.querySelector('input:checked');
      missing.hidden = Boolean(chosen);
      if (!chosen) return form.querySelector('input').focus();
      for (const other of page.querySelectorAll('button')) other.disabled = true;
      post('choices', { candidate: Number(chosen.value) });
    });
    replace(
      'Plusieurs dossiers sont possibles',
      make('section', { class: 'person' }, make('h2', {}, 'Vous avez appelé :'), ...person(step.patient)),
      form,
      reference(step),
    );
  },

  confirm: (step, post) => {
    const names = step.open.map(nameOf).join(', ');
    const called = nameOf(step.patient);
    const said = step.otherUser
      ? {
          title: 'Un autre utilisateur a un dossier ouvert dans ce navigateur',
          open: 'Ouvert par l’autre utilisateur :',
          lost: 'Un seul utilisateur à la fois. Ce que l’autre n’a pas enregistré sera perdu, même si c’est le même patient.',
          keep: 'Laisser sa session ouverte',
          close: `Fermer sa session, ouvrir ${called} sous mon nom`,
        }
      : {
          title: 'Un autre patient est déjà ouvert',
          open: 'Déjà ouvert dans ce navigateur :',
          lost: 'Un seul patient est ouvert à la fois. Ce qui n’est pas enregistré dans le premier dossier sera perdu.',
          keep: `Garder ${names}`,
          close: `Refermer ${names}, ouvrir ${called}`,
        };
    replace(
      said.title,
      ...step.open.map((open) => make('section', { class: 'person' }, make('h2', {}, said.open), ...person(open))),
      make('section', { class: 'person' }, make('h2', {}, 'Vous venez d’appeler :'), ...person(step.patient)),
      make('p', { class: 'alert' }, said.lost),
      make(
        'div',
        { class: 'buttons' },
        button(said.keep, () => post('confirmations', { agreed: false })),
        button(said.close, () => post('confirmations', { agreed: true }), 'main'),
      ),
      reference(step),
    );
  },

  terms: (step, post) => {
    replace(
      'Conditions d’utilisation',
      make('p', {}, 'C’est votre premier appel. Pour ouvrir le dossier, acceptez ces conditions.'),
      ...step.terms.map((paragraph) => make('p', {}, paragraph)),
      make(
        'div',
        { class: 'buttons' },
        button('J’accepte, ouvrir le dossier', () => post('agreements', { agreed: true }), 'main'),
        button('Je refuse', () => post('agreements', { agreed: false })),
      ),
      reference(step),
    );
  },

  leave: ({ url }) => {
    replace('Connexion au dossier patient', make('p', { role: 'status' }, 'Un instant, votre logiciel confirme l’appel.'));
    location.replace(url);
  },

  authenticate: (step) => {
    replace(
      'Authentification par Pro Santé Connect',
      make('p', { role: 'status' }, 'Votre établissement demande que vous vous authentifiiez avant l’ouverture du dossier.'),
      make('p', {}, make('a', { href: step.url }, 'Continuer vers Pro Santé Connect')),
      reference(step),
    );
    location.replace(step.url);
  },

  abandoned: (step) => {
    replace('Rien n’a été ouvert', make('p', {}, 'Vous pouvez fermer cet onglet. Ce qui était ouvert le reste.'), reference(step));
  },

  refused: (step) => {
    replace('Le dossier n’a pas été ouvert', make('p', { class: 'alert', role: 'alert' }, step.what), make('p', {}, step.todo), reference(step));
  },
};
