import { expect } from 'chai';
import { acknowledgeFr, decodeFr, dialect, encodeFr, interpretFr, NATIONAL_PROFILE } from '../index.ts';
import { contextOf, dataOf, decode, header, type Data, identity, INS, INS_OID, open, pid, SITE } from './messages.ts';

const warnings = (result: ReturnType<typeof decode>): string[] => result.warnings.map(({ code, detail }) => (detail ? `${code}:${detail}` : code));

describe('a dialect profile', () => {
  it('says which type of name is the used one', () => {
    const message = identity({ 5: 'VALBRUNE^ANNE^^^^^S~ÉTREZAC^ANNE^^^^^L' });
    expect(dataOf(decode(message), 'dcc.identity.updated').patient).to.not.have.property('usedName');
    const softway = dialect('x', { reading: { nameTypes: { L: 'birth', S: 'used' } } });
    expect(dataOf(decode(message, SITE, softway), 'dcc.identity.updated').patient).to.include({ birthName: 'ÉTREZAC', usedName: 'VALBRUNE' });
  });

  it('keeps a name without type as it is, unless the site says what it is', () => {
    const message = identity({ 5: 'VALBRUNE^ANNE' });
    const found = decode(message);
    expect(dataOf(found, 'dcc.identity.updated').patient).to.include({ birthName: null, nameAsSent: 'VALBRUNE', firstGivenName: 'ANNE' });
    expect(warnings(found)).to.deep.equal(['name-without-type']);
    const site = { ...SITE, connector: { untypedName: 'birth' } };
    expect(dataOf(decode(message, site), 'dcc.identity.updated').patient).to.include({ birthName: 'VALBRUNE' });
  });

  it('may find the birth name in PID-6', () => {
    const message = identity({ 5: 'VALBRUNE^ANNE^^^^^D', 6: 'ÉTREZAC' });
    const profile = dialect('x', { reading: { pid6: 'birth-name' } });
    expect(dataOf(decode(message, SITE, profile), 'dcc.identity.updated').patient).to.include({ birthName: 'ÉTREZAC', usedName: 'VALBRUNE' });
  });

  it('may swap the units of a movement', () => {
    const message = [
      header('ADT^A01^ADT_A01'),
      'EVN||20261001081500',
      pid(),
      'PV1|1|I',
      'ZBE|M1^GAM|20261001080000||INSERT|N||^^^^^^UF^^^A|^^^^^^UF^^^B|HMS',
    ];
    expect(dataOf(decode(message), 'dcc.visit.opened').visit.movement).to.include({ medicalUnit: 'A', nursingUnit: 'B' });
    const swapped = dialect('x', { reading: { unitsSwapped: true } });
    expect(dataOf(decode(message, SITE, swapped), 'dcc.visit.opened').visit.movement).to.include({ medicalUnit: 'B', nursingUnit: 'A' });
  });

  it('may read its own triggers as standard ones', () => {
    const message = [header('ADT^Z80^ADT_A01'), 'EVN||20261001081500', pid(), 'PV1|1|I'];
    expect(decode(message).events.map(({ type }) => type)).to.include('dcc.visit.updated');
    const moved = dialect('x', { reading: { triggers: { Z80: 'A02' } } });
    expect(decode(message, SITE, moved).events.map(({ type }) => type)).to.include('dcc.visit.moved');
  });

  it('may read fewer versions', () => {
    const strict = dialect('x', { reading: { versions: ['2.6'] } });
    expect(decode(identity(), SITE, strict).error?.code).to.equal('ERR_HL7_VERSION_UNSUPPORTED');
  });

  it('may give a reply another meaning', () => {
    const reply = open(`${header('ACK^A31^ACK')}\rMSA|AR|X1\rERR|||207^x^HL70357|E|E124^x\r`);
    const sent = { controlId: 'X1', type: 'dcc.identity.updated' };
    expect(interpretFr(reply, sent, NATIONAL_PROFILE).outcome).to.equal('later');
    const mediboard = dialect('x', { replies: [{ ack: 'AR', applicationCode: 'E124', outcome: 'refused' }] });
    expect(interpretFr(reply, sent, mediboard).outcome).to.equal('refused');
  });

  it('may write without the INS, with the used name of another type', () => {
    const qualified = identity({ 3: `00012345^^^GAM^PI~${INS}^^^A&${INS_OID}&ISO^INS`, 5: 'ÉTREZAC^ANNE^^^^^L~VALBRUNE^ANNE^^^^^D', 32: 'VALI' });
    const event = decode([...qualified, 'ZFD|||||INSI|20261001']).events[0];
    const old = dialect('x', { writing: { ins: 'never', usedNameType: 'S' } });
    const input = { event: { id: 'e', source: '', time: '', site: '', type: event?.type ?? '', data: event?.data }, parts: [] };
    const written = encodeFr(input, contextOf(), old);
    const text = written.outcome === 'message' ? written.envelope.text : '';
    expect(text).to.contain('VALBRUNE^ANNE^^^^^S').and.to.not.contain(INS).and.to.not.contain('ZFD');
    const ordinary = encodeFr(input, contextOf(), NATIONAL_PROFILE);
    expect(ordinary.outcome === 'message' ? ordinary.envelope.text : '')
      .to.contain(INS)
      .and.to.contain('ZFD|||||INSI|20261001');
  });
});

describe('an acknowledgement', () => {
  it('repeats the control id as text, escapes and all', () => {
    const message = open(
      identity()
        .join('\r')
        .replace('|M1|', String.raw`|A\T\B|`) + '\r',
    );
    const reply = acknowledgeFr({ decision: 'accept', ack: 'AA', warnings: [] }, message, contextOf(), NATIONAL_PROFILE);
    expect(reply?.text).to.contain(String.raw`MSA|AA|A\T\B`);
  });

  it('has no accents for a sender that declares no charset', () => {
    const message = open(`MSH|^~\\&|GAM|CH|DCC|DCC|20261001||ADT^A31^ADT_A05|M1|T|2.5\r${pid()}\r`);
    const error = { code: 'ERR_DOCUMENT_BASE64' as const, message: '' };
    const reply = acknowledgeFr({ decision: 'reject', ack: 'AE', error, warnings: [] }, message, contextOf(), NATIONAL_PROFILE);
    expect(reply?.text).to.match(/^[\x20-\x7e\r]*$/);
  });
});

describe('a message', () => {
  it('gives no event and no key to search by, when it is refused', () => {
    const result = decode([header('ADT^A31^ADT_A05'), 'EVN||20261001081500', 'PV1|1|N']);
    expect(result).to.deep.include({ decision: 'reject', events: [], terms: [{ field: 'control-id', value: 'M1' }] });
  });

  it('carries its identity whole in the event of the stay', () => {
    const result = decode([header('ADT^A01^ADT_A01'), 'EVN||20261001081500', pid(), 'PV1|1|I']);
    expect(result.events.map(({ type, within }) => [type, within])).to.deep.equal([
      ['dcc.identity.updated', 1],
      ['dcc.visit.opened', undefined],
    ]);
  });

  it('of A08 states a stay only with a movement', () => {
    const message = [header('ADT^A08^ADT_A01', '2.4'), 'EVN||20261001081500', pid(), 'PV1|1|I'];
    expect(decode(message).events.map(({ type }) => type)).to.deep.equal(['dcc.identity.updated']);
    const moved = [...message, 'ZBE|M1^GAM|20261001080000||UPDATE|N|A01'];
    expect(decode(moved).events.map(({ type }) => type)).to.deep.equal(['dcc.identity.updated', 'dcc.visit.updated']);
  });

  it('with the HL7 null says nothing', () => {
    const result = decode(identity({ 5: '""^""^^^^^D~ÉTREZAC^ANNE^^^^^L', 13: '""', 30: '""' }));
    expect(JSON.stringify(result.events)).to.not.contain('""\\"').and.to.not.contain('usedName').and.to.not.contain('phones');
  });

  it('of several order groups gives one document for each', () => {
    const letter = (n: number): string[] => [`OBR|${n}|N${n}^GAM||34794-8^Fiche RCP^LN`, `OBX|${n}|FT|34794-8^Fiche RCP^LN||Texte ${n}||||||F`];
    const result = decode([header('ORU^R01^ORU_R01'), pid(), 'ORC|NW', ...letter(1), 'ORC|NW', ...letter(2)]);
    expect(result.events.map(({ data }) => (data as Data).document['text'])).to.deep.equal(['Texte 1', 'Texte 2']);
    expect(result.events.map(({ document }) => document?.id)).to.deep.equal(['GAM/N1', 'GAM/N2']);
  });

  it('is a fault of ours, not of its sender, when the code breaks', () => {
    const settings = new Proxy(SITE, {
      get(target, key) {
        if (key === 'documentTypes') throw new TypeError('broken');
        return Reflect.get(target, key) as unknown;
      },
    });
    const message = open([header('ORU^R01^ORU_R01'), pid(), 'OBR|1|||X^Y^Z', 'OBX|1|FT|X^Y^Z||T||||||F'].join('\r'));
    expect(() => decodeFr(message, contextOf(settings), NATIONAL_PROFILE)).to.throw(/internal rule/);
  });
});
