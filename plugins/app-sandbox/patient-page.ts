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
:focus-visible { outline: 3px solid #c75b00; outline-offset: 2px; }
`;

/** Its own style and nothing else; a form that stays here. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

export function patientPage({ product, users, patients, creates, answer }: PatientPage): PeerReply {
  const link = answer && 'link' in answer ? answer.link : undefined;
  const title = `${safe(product)} (simulateur)`;
  // Without a script, and after a form: a refresh is what no policy on forms holds back.
  const go = link === undefined ? '' : `<meta http-equiv="refresh" content="0;url=${safe(link)}">`;
  const page = `<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>${go}
<style>${STYLE}</style></head>
<body><header><p>${title} · patients fictifs</p></header><main><h1>Patients</h1>
${answer ? told(answer) : ''}
<form method="post" action="/appel">
<p><label for="user">Utilisateur de la session</label> <select id="user" name="user">${users.map(({ login, shown }) => `<option value="${safe(login)}">${safe(shown)}</option>`).join('')}</select></p>
${creates ? '<p><input type="checkbox" id="action" name="action" value="open-or-create"> <label for="action">Créer le dossier s’il n’existe pas</label></p>' : ''}
<table><caption>${patients.length === 0 ? 'Aucun patient pour l’instant : rechargez dans un moment.' : 'Dossiers en cours'}</caption>
<thead><tr><th scope="col">IPP</th><th scope="col">Nom</th><th scope="col">Né(e) le</th><th scope="col">Sexe</th><th scope="col">DCC</th></tr></thead>
<tbody>${patients.map(row).join('')}</tbody></table>
</form></main></body></html>`;
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY };
  return { bytes: Buffer.from(page), http: { method: '', path: '', status: 200, headers } };
}

const row = ({ id, name, birthDate, sex }: PatientPage['patients'][number]): string =>
  `<tr><td>${safe(id)}</td><th scope="row">${safe(name)}</th><td>${safe(birthDate.split('-').toReversed().join('/'))}</td><td>${safe(sex)}</td>` +
  `<td><button name="patient" value="${safe(id)}" aria-label="Ouvrir ${safe(name)} dans le DCC">Ouvrir dans le DCC</button></td></tr>`;

const told = (answer: PeerCallAnswer): string =>
  'link' in answer
    ? `<p role="status" class="told">Ouverture du dossier… <a href="${safe(answer.link)}">Ouvrir maintenant</a></p>`
    : `<p role="alert" class="alert">${safe(answer.detail)} Référence : <strong>${safe(answer.reference)}</strong></p>`;
