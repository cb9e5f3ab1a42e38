/** What people make the simulated DxCare do. `patient` (an IPP) picks one of its patients; the last one admitted without it. */
import { PeerNotYet, type PeerDefinition, type PeerMessage, type PeerWorld } from 'passerelle/contract';
import { DOCUMENT_ROOT, ESTABLISHMENT, IPP_AUTHORITY } from './authorities.ts';
import { admission, changedIdentity, clinicalDocument, letter, merged, newIdentity } from './messages.ts';
import { patientOf, type DxCareState, type HeldPatient } from './state.ts';

type Args = Readonly<Record<string, unknown>>;

/** Pathology report: a national code, recognised without any map. */
const CR_ACP = { code: '60568-3', title: "CR d'anatomie et de cytologie pathologiques" } as const;

function create(state: DxCareState, world: PeerWorld, twinOf?: HeldPatient): HeldPatient {
  const number = state.next++;
  const ipp = String(4_512_000 + number).padStart(10, '0');
  const patient = { ipp, person: twinOf?.person ?? world.person(number), stay: `2609${String(number).padStart(5, '0')}` };
  state.patients.push(patient);
  return patient;
}

function chosen(args: Args, state: DxCareState): HeldPatient {
  const { patient: ipp } = args;
  const found = typeof ipp === 'string' ? patientOf(state, ipp) : state.patients.findLast(({ absorbedBy }) => absorbedBy === undefined);
  if (!found) throw new PeerNotYet('no such patient here: admit one first');
  return found;
}

const text = (args: Args, name: string, otherwise: string): string => (typeof args[name] === 'string' ? args[name] : otherwise);

function pdfOf(title: string, patient: HeldPatient, world: PeerWorld): Uint8Array {
  const { birthName, firstGivenName } = patient.person;
  return world.pdf([title.toUpperCase(), `Patient fictif : ${birthName} ${firstGivenName}`, 'Document de demonstration, sans valeur medicale.']);
}

/** A comment before the end makes a PDF as large as asked (`bytes`). */
function padded(pdf: Uint8Array, args: Args): Uint8Array {
  const missing = Number(args['bytes'] ?? 0) - pdf.length;
  return missing > 0 ? Buffer.concat([pdf, Buffer.from(`%${'padding '.repeat(Math.ceil(missing / 8))}\n%%EOF\n`)]) : pdf;
}

/** @param about whose document it really is, when not that of the message. */
function cdaMessage(
  patient: HeldPatient,
  state: DxCareState,
  world: PeerWorld,
  replaced?: { id: string; setId: string; version: number },
  about = patient,
): PeerMessage {
  const number = state.next++;
  const id = `${DOCUMENT_ROOT}.${patient.ipp.replace(/^0+/, '')}.${number}`;
  const setId = replaced?.setId ?? `${id}.1`;
  const version = (replaced?.version ?? 0) + 1;
  const cda = world.cda({
    person: about.person,
    patientIds: [{ root: IPP_AUTHORITY.oid, extension: about.ipp }],
    id,
    setId,
    version,
    ...(replaced && { replaces: replaced.id }),
    ...CR_ACP,
    at: world.now(),
    custodian: ESTABLISHMENT,
    body: { mime: 'application/pdf', bytes: pdfOf(`${CR_ACP.title} v${version}`, about, world) },
  });
  if (about === patient) state.own.push({ ipp: patient.ipp, id, setId, version });
  return clinicalDocument(patient, { id, ...(replaced && { replaces: replaced.id }), ...CR_ACP, cda }, world);
}

export const actions: PeerDefinition<DxCareState>['actions'] = {
  /** A new patient comes in: identity, then admission. */
  admission: (_args, state, world) => {
    const patient = create(state, world);
    return [newIdentity(patient, world), admission(patient, state.next++, world)];
  },
  /** The used name changes. */
  'identity-change': (args, state, world) => {
    const patient = chosen(args, state);
    patient.person = { ...patient.person, usedName: text(args, 'usedName', `${patient.person.birthName}-TESTEUR`) };
    return [changedIdentity(patient, world)];
  },
  /** A duplicate of the patient was made at the desk, and is merged into the first. */
  merge: (args, state, world) => {
    const surviving = chosen(args, state);
    const twin = create(state, world, surviving);
    const messages = [newIdentity(twin, world), merged(surviving, twin.ipp, world)];
    twin.absorbedBy = surviving.ipp;
    return messages;
  },
  /** A discharge letter in PDF, under DxCare's own code (`code`, `label`), of at least `bytes` bytes. */
  letter: (args, state, world) => {
    const patient = chosen(args, state);
    const label = text(args, 'label', 'Lettre de liaison a la sortie');
    return [
      letter(
        patient,
        { order: `D-${state.next++}`, code: text(args, 'code', 'LDLSORTIE'), label, pdf: padded(pdfOf(label, patient, world), args) },
        world,
      ),
    ];
  },
  /** A pathology report as CDA N1. */
  cda: (args, state, world) => [cdaMessage(chosen(args, state), state, world)],
  /** The last pathology report of the patient is replaced by a corrected one. */
  replacement: (args, state, world) => {
    const patient = chosen(args, state);
    const last = state.own.findLast(({ ipp }) => ipp === patient.ipp);
    if (!last) throw new PeerNotYet('no document of this patient to replace: send a cda first');
    return [cdaMessage(patient, state, world, last)];
  },
  /** A CDA that names another patient than its message: must be refused. */
  refused: (args, state, world) => {
    const patient = chosen(args, state);
    const other = { ipp: '0009999999', person: world.person(900 + (state.next % 99)), stay: '' };
    return [cdaMessage(patient, state, world, undefined, other)];
  },
  /** A PDF under a local code that no map knows: must be kept for a person. */
  quarantined: (args, state, world) => {
    const patient = chosen(args, state);
    const label = 'Formulaire interne';
    return [letter(patient, { order: `D-${state.next++}`, code: 'FORMINT7', label, pdf: pdfOf(label, patient, world) }, world)];
  },
};
