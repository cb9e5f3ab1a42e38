/** The call of Klinck, once the engine has checked its signature. Assumed dialect. */
import { PasserelleError, type ConnectorContext, type DecodeResult, type Envelope } from 'passerelle/contract';
import { decodeCall as decodeTexts, flattened, refusedCall, type CallProfile } from 'passerelle/codec/call-fr';

const KLINCK_CALL: CallProfile = {
  keys: {
    etablissement: 'site',
    emisLe: 'issuedAt',
    nonce: 'nonce',
    'utilisateur/login': 'login',
    'utilisateur/rpps': 'rpps',
    'utilisateur/nom': 'family',
    'utilisateur/prenom': 'given',
    'utilisateur/profil': 'profile',
    'patient/ipp': 'ipp',
    'patient/nomNaissance': 'birthName',
    'patient/nomUtilise': 'usedName',
    'patient/premierPrenom': 'firstGivenName',
    'patient/listePrenoms': 'birthGivenNames',
    'patient/dateNaissance': 'birthDate',
    'patient/sexe': 'sex',
    'patient/lieuNaissance': 'birthPlaceCog',
    'patient/ins/matricule': 'ins',
    'patient/ins/oid': 'insOid',
    'patient/ins/statut': 'insStatus',
    action: 'action',
    cible: 'target',
  },
  ignored: ['version'],
  actions: { OUVRIR: 'open', OUVRIR_OU_CREER: 'open-or-create' },
  targets: { DOSSIER: 'record', RCP: 'rcp-preparation', PPS: 'pps' },
  // A call that anybody could send again, later, is none.
  must: ['site', 'issuedAt', 'nonce'],
};

export function decodeCall({ text }: Envelope, context: ConnectorContext): DecodeResult {
  try {
    const texts = flattened(JSON.parse(text));
    if (texts['version'] !== '1') throw new PasserelleError('ERR_CALL_CONTEXT', { location: { path: '/version' }, expected: '1' });
    return decodeTexts(texts, KLINCK_CALL, context, { mayCreate: context.settings.connector['allowCreate'] === true });
  } catch (thrown) {
    if (!(thrown instanceof PasserelleError)) throw thrown;
    return refusedCall(thrown);
  }
}
