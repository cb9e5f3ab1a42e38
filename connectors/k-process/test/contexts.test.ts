/** The stand-in of the record keeps the rules of a contextual call: a ticket opens once, and a tab writes to its own patient or not at all (SAFETY C7, C9). */
import { expect } from 'chai';
import type { PeerWorld } from 'passerelle/contract';
import { peer } from '../peer/index.ts';

const AUTHORITY = { oid: '1.2.250.1.999.10.1' };
const ELISE = {
  birthName: 'VALMORÉE',
  firstGivenName: 'ÉLISE',
  birthGivenNames: 'ÉLISE NOÉMIE',
  sex: 'F',
  birthDate: '1937-06-12',
  birthPlaceCog: '33991',
};
const INS = { value: '237063399100156', oid: '1.2.250.1.213.1.4.10' };
const CONTEXT = 'A'.repeat(43);

describe('contextual calls at the stand-in of the record', () => {
  let state = peer.init();
  let now = Date.UTC(2026, 8, 15, 8);
  let count = 0;
  const world = {
    now: () => new Date(now).toISOString(),
    secret: () => `secret-${(count += 1)}`,
    hmac: (key: string, text: string) => `${key}/${text}`,
    pages: () => 'http://pages',
  } as Partial<PeerWorld> as PeerWorld;

  const post = (path: string, body: object): { status: number; body: Record<string, never> } => {
    const messageId = `M${(count += 1)}`;
    const message = { contract: '1.0', messageId, occurredAt: world.now(), site: '990001018', ...body };
    const http = { method: 'POST', path, headers: { 'idempotency-key': messageId } };
    const answer = peer.onMessage({ bytes: Buffer.from(JSON.stringify(message)), http }, state, world);
    return { status: answer.http?.status ?? 0, body: JSON.parse(Buffer.from(answer.bytes).toString()) as Record<string, never> };
  };
  const browse = async (path: string, fields: Record<string, string>): Promise<{ status: number; text: string }> => {
    const bytes = Buffer.from(new URLSearchParams(fields).toString());
    const answer = await peer.onPage!({ bytes, http: { method: 'POST', path } }, state, world);
    return { status: answer.http?.status ?? 0, text: Buffer.from(answer.bytes).toString() };
  };
  const known = (ipp: string, traits: object, ins?: object): void =>
    void post('/v1/identities', {
      type: 'identity.updated',
      patient: { identifiers: [{ value: ipp, authority: AUTHORITY }], traits, ...(ins && { ins }) },
    });
  const search = (patient: object, allowed = ['ins', 'ipp', 'traits']): unknown =>
    post('/v1/context-searches', { type: 'context.search', patient, user: { login: 'a' }, allowed }).body['candidates'];
  const ask = (choice: object, patient: object = { traits: ELISE }, contextId = CONTEXT) =>
    post('/v1/context-tickets', { type: 'context.ticket', patient, user: { login: 'a', given: '<b>', family: 'TESTMED' }, contextId, choice });
  const tab = (text: string): Record<string, string> =>
    Object.fromEntries([...text.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));

  beforeEach(() => {
    state = peer.init();
    known('1', ELISE, INS);
  });

  it('C9 finds by INS, by IPP with its authority, by all strict traits, and says what differs', () => {
    known('2', { ...ELISE, birthDate: '1950-01-01' });
    expect(search({ ins: INS, traits: ELISE }))
      .to.have.length(1)
      .and.have.nested.property('[0].by', 'ins');
    expect(search({ identifiers: [{ value: '2', authority: AUTHORITY }], traits: ELISE }, ['ipp'])).to.deep.include.members([
      {
        recordId: 'R2',
        by: 'ipp',
        traitsDiffer: true,
        shown: { birthName: 'VALMORÉE', givenNames: 'ÉLISE NOÉMIE', birthDate: '1950-01-01', sex: 'F' },
      },
    ]);
    expect(search({ identifiers: [{ value: '1', authority: AUTHORITY }], ins: { ...INS, value: '1' } }, ['ins', 'ipp'])).to.have.nested.property(
      '[0].insDiffers',
      true,
    );
    expect(search({ identifiers: [{ value: '1', authority: { oid: '1.2.3' } }] }, ['ipp'])).to.deep.equal([]);
    expect(search({ traits: { ...ELISE, birthPlaceCog: undefined } }, ['traits'])).to.deep.equal([]);
  });

  it('C7 opens a ticket once, within a minute', async () => {
    const { status, body } = ask({ recordId: 'R1' });
    expect(status).to.equal(201);
    expect(body).to.include({ recordId: 'R1', created: false, url: 'http://pages/ouvrir' });
    const opened = await browse('/ouvrir', body['fields']!);
    expect(opened.status).to.equal(200);
    expect(opened.text).to.include('VALMORÉE').and.include('&lt;b&gt; TESTMED').and.not.include('<b>');
    expect((await browse('/ouvrir', body['fields']!)).status).to.equal(403);
    const late = ask({ recordId: 'R1' }, undefined, 'B'.repeat(43));
    now += 61_000;
    expect((await browse('/ouvrir', late.body['fields']!)).status).to.equal(403);
  });

  it('C7 takes a save of the tab for its own patient, and no other', async () => {
    known('2', { ...ELISE, firstGivenName: 'ANNE', birthGivenNames: 'ANNE' });
    const opened = tab((await browse('/ouvrir', ask({ recordId: 'R1' }).body['fields']!)).text);
    const saved = await browse('/remarques', { ...opened, text: 'vue ce jour' });
    expect(saved.text).to.include('enregistrée').and.include('vue ce jour');
    for (const forged of [{ recordId: 'R2' }, { fingerprint: 'x' }, { contextId: 'C'.repeat(43) }, { contextId: '__proto__' }] as Record<
      string,
      string
    >[])
      expect((await browse('/remarques', { ...opened, ...forged, text: 'ailleurs' })).status, JSON.stringify(forged)).to.equal(409);
    expect(state.records.map(({ remarks = [] }) => remarks.length)).to.deep.equal([1, 0]);
  });

  it('C3 C7 a tab that is over saves nothing, and its ticket opens nothing, also when its end came first', async () => {
    const opened = tab((await browse('/ouvrir', ask({ recordId: 'R1' }).body['fields']!)).text);
    const early = 'E'.repeat(43);
    post('/v1/context-endings', { type: 'context.ended', contextIds: [CONTEXT, early], reason: 'another-user' });
    expect((await browse('/remarques', { ...opened, text: 'trop tard' })).status).to.equal(409);
    expect(ask({ recordId: 'R1' }, undefined, early).status).to.equal(409);
    expect(state.records[0]?.remarks).to.equal(undefined);
  });

  it('C9 makes a record only for somebody who has none, and gives no ticket against the INS on file', () => {
    const made = ask({ create: true }, { identifiers: [{ value: '9', authority: AUTHORITY }], traits: { ...ELISE, birthName: 'NOUVELLE' } });
    expect(made.body).to.include({ recordId: state.records.at(-1)?.recordId, created: true });
    expect(ask({ create: true }, { ins: INS, traits: ELISE }, 'D'.repeat(43))).to.include({ status: 409 });
    expect(ask({ recordId: 'R1' }, { ins: { ...INS, value: '1' }, traits: ELISE }, 'F'.repeat(43)).body).to.include({ applicationCode: 904 });
    expect(ask({ recordId: 'R99' }).status).to.equal(404);
  });
});
