/** The form that a screen of Expert Santé posts to the kit of its site. Assumed dialect; unsigned, hence nothing that the engine itself would take. */
import { PasserelleError, type ConnectorContext, type DecodeResult, type Envelope, type Warning } from 'passerelle/contract';
import { decodeCall as decodeTexts, refusedCall, type CallProfile } from 'passerelle/codec/call-fr';

const EXPERT_SANTE_CALL: CallProfile = {
  keys: {
    etab: 'site',
    dpi: 'namespace',
    user: 'login',
    rpps: 'rpps',
    nomUser: 'family',
    prenomUser: 'given',
    profil: 'profile',
    ipp: 'ipp',
    nomUsuel: 'usedName',
    nomNaissance: 'birthName',
    prenom: 'firstGivenName',
    prenoms: 'birthGivenNames',
    ddn: 'birthDate',
    sexe: 'sex',
    lieuNaissance: 'birthPlaceCog',
    ins: 'ins',
    oidIns: 'insOid',
    statutIns: 'insStatus',
    action: 'action',
  },
  // What the screen does afterwards.
  ignored: ['retour'],
  actions: { ouvrir: 'open', creer: 'open-or-create' },
  must: ['site'],
};

export function decodeCall({ text, http }: Envelope, context: ConnectorContext): DecodeResult {
  const warnings: Warning[] = [];
  try {
    checkPage(http?.headers ?? {}, context, warnings);
    if (http?.method !== 'POST') throw new PasserelleError('ERR_CALL_CONTEXT', { expected: 'a form that is posted: an address holds no identity' });
    return decodeTexts(JSON.parse(text) as Record<string, string>, EXPERT_SANTE_CALL, context, { mayCreate: false });
  } catch (thrown) {
    if (!(thrown instanceof PasserelleError)) throw thrown;
    return refusedCall(thrown, warnings);
  }
}

/** A page that the site knows, with the secret that the server of the product put into it (SAFETY C6). */
function checkPage(headers: Readonly<Record<string, string>>, { settings }: ConnectorContext, warnings: Warning[]): void {
  const kit = settings.connector['kit'] as { readonly origins: readonly string[]; readonly localSecret: string } | undefined;
  if (!kit) throw new PasserelleError('ERR_CALL_FORBIDDEN', { location: { path: '/connector/kit' }, expected: 'origins and a local secret' });
  const { origin, 'x-kit-local': secret } = headers;
  if (origin === undefined || !kit.origins.includes(origin)) {
    warnings.push({ code: 'origin-unknown' });
    throw new PasserelleError('ERR_CALL_FORBIDDEN', { location: { path: '/connector/kit/origins' }, expected: 'an origin of the site' });
  }
  if (secret === undefined) warnings.push({ code: 'signature-missing' });
  if (secret === undefined || !same(secret, kit.localSecret))
    throw new PasserelleError('ERR_CALL_REFUSED', {
      location: { path: '/connector/kit/localSecret' },
      expected: 'X-Kit-Local with the secret of the site',
    });
}

/** Takes as long wherever they differ. */
function same(given: string, secret: string): boolean {
  let difference = given.length ^ secret.length;
  for (let at = 0; at < secret.length; at += 1) difference |= given.charCodeAt(at % (given.length || 1)) ^ secret.charCodeAt(at);
  return difference === 0;
}
