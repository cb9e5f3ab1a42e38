/** The command line that DxCare runs to begin a contextual call. Assumed: a legacy form, allowed per site, with a warning (SAFETY C2). */
import { PasserelleError, type ConnectorContext, type DecodeResult, type Envelope } from 'passerelle/contract';
import { decodeCall as decodeTexts, refusedCall, type CallProfile } from 'passerelle/codec/call-fr';

const DXCARE_CALL: CallProfile = {
  keys: {
    etab: 'site',
    dpi: 'namespace',
    login: 'login',
    rpps: 'rpps',
    nomutil: 'family',
    prenomutil: 'given',
    profil: 'profile',
    ipp: 'ipp',
    nom: 'usedName',
    nomnaiss: 'birthName',
    prenom: 'firstGivenName',
    prenoms: 'birthGivenNames',
    ddn: 'birthDate',
    sexe: 'sex',
    lieunaiss: 'birthPlaceCog',
    ins: 'ins',
    oidins: 'insOid',
    statutins: 'insStatus',
    action: 'action',
    cible: 'target',
    situation: 'situation',
  },
  actions: { ouvrir: 'open', creer: 'open-or-create', créer: 'open-or-create' },
  targets: { dossier: 'record', rcp: 'rcp-preparation', pps: 'pps' },
  must: ['site'],
};

export const isCall = ({ format }: Envelope): boolean => format === 'command-line';

export function decodeCall({ text }: Envelope, context: ConnectorContext): DecodeResult {
  // Other programs of the workstation can read it, and nothing takes that back: it is said even when the call is refused.
  const warnings = [{ code: 'identity-on-command-line' }];
  if (context.settings.connector['commandLine'] !== 'legacy')
    return refusedCall(new PasserelleError('ERR_CALL_FORBIDDEN', { location: { path: '/connector/commandLine' }, expected: 'legacy' }), warnings);
  return decodeTexts(JSON.parse(text) as Record<string, string>, DXCARE_CALL, context, { mayCreate: true, warnings });
}
