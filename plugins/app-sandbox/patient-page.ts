/** The page of a simulated care record: its patients, and the button that opens one in the cancer record. Every value is escaped. */
import { createHash } from 'node:crypto';
import type { PatientPage, PeerCallAnswer, PeerReply } from '../../core/contract/index.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const safe = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');

/** Plain, readable at any zoom. */
const STYLE = `
:root { font: 16px/1.5 system-ui, 'DejaVu Sans', sans-serif; color: #1b1b1b; background: #eef1f5; }
body { margin: 0; }
header { background: #23395b; color: #fff; padding: .75rem 1.5rem; }
header p { margin: 0; font-weight: 700; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem 1.5rem 3rem; }
table { width: 100%; border-collapse: collapse; background: #fff; }
caption { text-align: left; padding: .5rem 0; }
th, td { text-align: left; padding: .5rem .75rem; border: 1px solid #c5ccd0; }
select, button { font: inherit; padding: .35rem .75rem; }
button { color: #fff; background: #23395b; border: 0; border-radius: .3rem; font-weight: 600; }
.alert { background: #fff1f0; border-left: .4rem solid #b3261e; padding: .75rem 1rem; }
.told { background: #e6f4ea; border-left: .4rem solid #1e6b34; padding: .75rem 1rem; }
strong { white-space: nowrap; }
:focus-visible { outline: 3px solid #c75b00; outline-offset: 2px; }
`;

/** Posts what the server prepared, goes where the relay says, or shows what it answers. */
const SCRIPT = `
const told = document.getElementById('told');
const { relay, proof, form, contentType } = told.dataset;
const refuse = (text, reference) => {
  told.className = 'alert';
  told.setAttribute('role', 'alert');
  told.textContent = text + ' Référence : ';
  told.appendChild(document.createElement('strong')).textContent = reference;
};
fetch(relay, { method: 'POST', headers: { 'X-Kit-Local': proof, 'Content-Type': contentType }, body: form })
  .then((answer) => answer.json())
  .then(({ link, detail, reference }) => (link ? location.assign(link) : refuse(detail, reference)))
  .catch(() => refuse('Le relais du site ne répond pas.', '-'));
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
/** Its own style and nothing else; a form that stays here; a script when it has a relay to ask. */
const policy = (relay?: string): string =>
  `default-src 'none'; style-src ${hashOf(STYLE)}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'` +
  (relay === undefined ? '' : `; script-src ${hashOf(SCRIPT)}; connect-src ${new URL(relay).origin}`);

export function patientPage({ product, users, user, patients, creates, title: heading, answer }: PatientPage): PeerReply {
  const link = answer && 'link' in answer ? answer.link : undefined;
  const relay = answer && 'relay' in answer ? answer.relay : undefined;
  const title = `${safe(product)} (simulateur)`;
  // Without a script, and after a form: a refresh is what no policy on forms holds back.
  const go = link === undefined ? '' : `<meta http-equiv="refresh" content="0;url=${safe(link)}">`;
  const page = `<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>${go}
<style>${STYLE}</style></head>
<body><header><p>${title} · patients fictifs</p></header><main><h1>${safe(heading ?? 'Patients')}</h1>
${answer ? told(answer) : ''}
<form method="post" action="/appel">
<p><label for="user">Utilisateur de la session</label> <select id="user" name="user">${users.map(({ login, shown }) => `<option value="${safe(login)}"${login === user ? ' selected' : ''}>${safe(shown)}</option>`).join('')}</select></p>
${creates ? '<p><input type="checkbox" id="action" name="action" value="open-or-create"> <label for="action">Créer le dossier s’il n’existe pas</label></p>' : ''}
<table><caption>${patients.length === 0 ? 'Aucun patient pour l’instant : rechargez dans un moment.' : heading ? 'Patient demandé' : 'Dossiers en cours'}</caption>
<thead><tr><th scope="col">IPP</th><th scope="col">Nom</th><th scope="col">Né(e) le</th><th scope="col">Sexe</th><th scope="col">DCC</th></tr></thead>
<tbody>${patients.map(row).join('')}</tbody></table>
</form></main>${relay === undefined ? '' : `<script>${SCRIPT}</script>`}</body></html>`;
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy(relay) };
  return { bytes: Buffer.from(page), http: { method: '', path: '', status: 200, headers } };
}

const row = ({ id, name, birthDate, sex }: PatientPage['patients'][number]): string =>
  `<tr><td>${safe(id)}</td><th scope="row">${safe(name)}</th><td>${safe(birthDate.split('-').toReversed().join('/'))}</td><td>${safe(sex)}</td>` +
  `<td><button name="patient" value="${safe(id)}" aria-label="Ouvrir ${safe(name)} dans le DCC">Ouvrir dans le DCC</button></td></tr>`;

const told = (answer: PeerCallAnswer): string => {
  if ('relay' in answer) {
    const { relay, proof, form, contentType } = answer;
    return `<p role="status" class="told" id="told" data-relay="${safe(relay)}" data-proof="${safe(proof)}" data-form="${safe(form)}" data-content-type="${safe(contentType)}">Ouverture du dossier…</p>`;
  }
  return 'link' in answer
    ? `<p role="status" class="told">Ouverture du dossier… <a href="${safe(answer.link)}">Ouvrir maintenant</a></p>`
    : `<p role="alert" class="alert">${safe(answer.detail)} Référence : <strong>${safe(answer.reference)}</strong></p>`;
};
