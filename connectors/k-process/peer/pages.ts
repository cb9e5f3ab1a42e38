/** What a browser is shown of the record: the file of one patient, opened by a ticket, and written in by the tab it opened in. */
import type { PeerDefinition, PeerReply, PeerWorld } from 'passerelle/contract';
import { leave, redeem, writer } from './contexts.ts';
import { html, type Html } from './html.ts';
import type { CancerRecord, RecordState, TabContext } from './state.ts';
import { STYLE } from './style.ts';

type Shown = NonNullable<PeerDefinition<RecordState>['onPage']>;

export const onPage: Shown = ({ bytes, http }, state, world) => {
  const form = new URLSearchParams(Buffer.from(bytes).toString('utf8'));
  const field = (name: string): string => form.get(name) ?? '';
  switch (`${http?.method} ${http?.path}`) {
    case 'GET /':
      return page(200, 'Accueil', WELCOME);
    case 'GET /style.css':
      return { bytes: Buffer.from(STYLE), http: { method: '', path: '', status: 200, headers: { 'content-type': 'text/css; charset=utf-8' } } };
    case 'GET /onglet.js':
      return {
        bytes: Buffer.from(LEAVING),
        http: { method: '', path: '', status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' } },
      };
    case 'POST /onglet':
      leave({ contextId: field('contextId'), page: Number(field('page')) }, state);
      return { bytes: new Uint8Array(), http: { method: '', path: '', status: 204 } };
    case 'POST /ouvrir': {
      const tab = redeem(field('ticket'), state, world);
      return tab ? file(tab, state, world) : page(403, 'Ticket refusé', NO_TICKET);
    }
    case 'POST /remarques': {
      const [contextId, recordId, fingerprint] = [field('contextId'), field('recordId'), field('fingerprint')];
      const context = writer({ contextId, recordId, fingerprint }, state, world);
      if (!context) return page(409, 'Rien n’a été enregistré', NOT_WRITTEN);
      const record = recordOf(context, state);
      const text = field('text').trim().slice(0, 2000);
      if (record && text) (record.remarks ??= []).push({ at: world.now(), by: nameOf(context), text });
      return file({ contextId, context }, state, world, text ? 'Votre remarque est enregistrée.' : 'La remarque est vide : rien n’a été enregistré.');
    }
    default:
      return page(404, 'Page inconnue', html`<p>Cette page n’existe pas.</p>`);
  }
};

const WELCOME = html`<p>Simulateur du dossier communicant de cancérologie. Toutes les personnes sont fictives.</p>
  <p>
    Un dossier s’ouvre depuis le dossier patient de l’établissement, par le bouton « Ouvrir dans le DCC » : il n’y a ici ni compte ni mot de passe.
  </p>`;
const NO_TICKET = html`<p class="alert" role="alert">Ce ticket a déjà servi, a expiré, ou son appel a été fermé.</p>
  <p>Relancez l’appel depuis le dossier patient de votre établissement.</p>`;
const NOT_WRITTEN = html`<p class="alert" role="alert">
    Ce dossier a été refermé, ou un autre dossier est désigné. <strong>Rien n’a été enregistré.</strong>
  </p>
  <p>Un autre appel a été ouvert dans ce navigateur. Relancez l’appel depuis le dossier du bon patient, puis saisissez à nouveau.</p>`;

/** The tab says that it is left, so that nobody is asked about a patient who is not open any more. */
const LEAVING = `
const tab = document.querySelector('#onglet');
addEventListener('pagehide', () => {
  if (tab) navigator.sendBeacon('/onglet', new URLSearchParams({ contextId: tab.dataset.context, page: tab.dataset.page }));
});
`;

const recordOf = ({ recordId }: TabContext, state: RecordState): CancerRecord | undefined => state.records.find((one) => one.recordId === recordId);
const nameOf = ({ user }: TabContext): string => [user.given, user.family].filter(Boolean).join(' ') || user.login || user.rpps || '';
const TARGETS: Readonly<Record<string, string>> = { 'rcp-preparation': 'Préparation de RCP', pps: 'Programme personnalisé de soins' };
const SEXES: Readonly<Record<string, string>> = { F: 'Femme', M: 'Homme' };

function file(
  { contextId, context }: { readonly contextId: string; readonly context: TabContext },
  state: RecordState,
  world: PeerWorld,
  told?: string,
): PeerReply {
  const record = recordOf(context, state);
  if (!record) return page(404, 'Dossier absent', html`<p class="alert" role="alert">Ce dossier n’existe plus : il a été fusionné.</p>`);
  context.page = (context.page ?? 0) + 1;
  const traits = record.traits as Readonly<Record<string, string | undefined>>;
  const name = `${traits['usedName'] ?? traits['birthName'] ?? ''} ${traits['usedGivenName'] ?? traits['firstGivenName'] ?? ''}`.trim();
  const documents = Object.values(record.documents).filter(({ deleted, supersededBy }) => !deleted && !supersededBy);
  return page(
    200,
    `${name} · ${TARGETS[context.target ?? ''] ?? 'Dossier'}`,
    html`${told ? html`<p class="told" role="status">${told}</p>` : undefined}
      <div id="onglet" data-context="${contextId}" data-page="${context.page}" hidden></div>
      <section aria-labelledby="identite">
        <h2 id="identite">Identité</h2>
        <dl>
          <dt>Nom de naissance</dt>
          <dd>${traits['birthName']}</dd>
          <dt>Prénoms</dt>
          <dd>${traits['birthGivenNames'] ?? traits['firstGivenName']}</dd>
          <dt>Né(e) le</dt>
          <dd>${(traits['birthDate'] ?? '').split('-').reverse().join('/')}</dd>
          <dt>Sexe</dt>
          <dd>${SEXES[traits['sex'] ?? ''] ?? 'Non précisé'}</dd>
          <dt>INS</dt>
          <dd>${record.ins ? html`${record.ins.value} <span class="tag">qualifiée</span>` : 'non qualifiée'}</dd>
          <dt>IPP</dt>
          <dd>${record.identifiers.map(({ value }) => value).join(', ') || 'aucun'}</dd>
        </dl>
      </section>
      <section aria-labelledby="documents">
        <h2 id="documents">Documents</h2>
        ${
          documents.length === 0
            ? html`<p>Aucun document.</p>`
            : html`<ul>
                ${documents.map(({ type, version }) => html`<li>${type}, version ${version}</li>`)}
              </ul>`
        }
      </section>
      <section aria-labelledby="remarques">
        <h2 id="remarques">Remarques</h2>
        <ul>
          ${(record.remarks ?? []).map(({ at, by, text }) => html`<li>${text} <small>${by}, ${at.slice(0, 16).replace('T', ' ')}</small></li>`)}
        </ul>
        <form method="post" action="/remarques">
          <input type="hidden" name="contextId" value="${contextId}" />
          <input type="hidden" name="recordId" value="${record.recordId}" />
          <input type="hidden" name="fingerprint" value="${world.hmac(context.ticket, record.recordId)}" />
          <label for="text">Nouvelle remarque</label>
          <textarea id="text" name="text" rows="3" maxlength="2000" required></textarea>
          <button>Enregistrer</button>
        </form>
      </section>`,
    html`<p class="who">${nameOf(context)}${context.user.profile ? ` (${context.user.profile})` : ''}, établissement ${context.site}</p>
      ${context.situation ? html`<p class="who">Situation : ${context.situation}</p>` : undefined}`,
  );
}

const page = (status: number, title: string, body: Html, banner?: Html): PeerReply => ({
  bytes: Buffer.from(
    html`<!doctype html>
      <html lang="fr">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${title} · DCC fictif</title>
          <link rel="stylesheet" href="/style.css" />
          <script type="module" src="/onglet.js"></script>
        </head>
        <body>
          <header>
            <p class="product">Dossier communicant de cancérologie <span class="tag">simulateur</span></p>
            ${banner}
          </header>
          <main>
            <h1>${title}</h1>
            ${body}
          </main>
        </body>
      </html> `.html,
  ),
  http: { method: '', path: '', status, headers: { 'content-type': 'text/html; charset=utf-8' } },
});
