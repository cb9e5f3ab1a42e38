import { expect } from 'chai';
import { PasserelleError, type SiteSettings } from 'passerelle/contract';
import { checkEventData, hasValidRppsKey, isBirthDate, matchingOf, readWireCall, writeWireCall } from 'passerelle/model';

const SETTINGS: Pick<SiteSettings, 'environment' | 'identityAuthorities'> = {
  environment: 'test',
  identityAuthorities: [{ namespace: 'DPI', oid: '1.2.250.1.999.77.1', type: 'PI', domain: 'port', use: 'IPP' }],
};
const CONTEXT = {
  version: '1.0',
  typ: 'contexte-appel',
  iss: 'urn:finess:990003030',
  aud: 'urn:dcc:test',
  iat: 1_790_000_000,
  exp: 1_790_000_060,
  jti: 'AbCdEfGhIjKlMnOpQrStUv',
  user: { login: 'jdoe', authentication: { method: 'os-account', time: '2026-09-21T15:30:00+02:00' } },
  action: 'open',
  'Patient.name.family': 'MÜLLERAN',
  'Patient.name.firstGiven': 'ZOÉ',
  'Patient.birthDate': '1970-02-28',
  'Patient.gender': 'F',
  PatientID: '00071',
  PatientIDIssuer: 'DPI&1.2.250.1.999.77.1&ISO',
};
const codeOf = (change: Record<string, unknown>): string => {
  try {
    readWireCall({ ...CONTEXT, ...change }, SETTINGS);
  } catch (error) {
    const { code, detail } = PasserelleError.from(error);
    return `${code} ${detail.location?.path ?? ''}`;
  }
  return 'read';
};

describe('the flat context of a call', () => {
  it('becomes a canonical call that its schema takes', () => {
    const { context, environment } = readWireCall(CONTEXT, SETTINGS);
    expect(environment).to.equal('test');
    expect(context).to.deep.include({ site: '990003030', action: 'open', target: 'record', nonce: CONTEXT.jti });
    expect(context.patient).to.include({ ipp: '00071', ippAuthority: '1.2.250.1.999.77.1', domain: 'port', birthName: 'MÜLLERAN' });
    expect(checkEventData('dcc.context.open', context)).to.equal(undefined);
  });

  it('is what the canonical call is written as', () => {
    const { context } = readWireCall({ ...CONTEXT, target: 'pps', Situation: 'RCP' }, SETTINGS);
    const { iat, exp, jti } = CONTEXT;
    const written = writeWireCall(context, { environment: 'test', site: '990003030', iat, exp, jti }, SETTINGS.identityAuthorities);
    expect(written).to.deep.equal({ ...CONTEXT, target: 'pps', Situation: 'RCP' });
  });

  it('A7 C9: reads an IPP under a name alone as one of the only IPP authority of that name, by the OID that the record knows it by', () => {
    const [ipp] = SETTINGS.identityAuthorities;
    const stays = { namespace: 'DPI', oid: '1.2.250.1.999.77.2', domain: 'port-sejour', use: 'IEP' } as const;
    const read = (identityAuthorities: SiteSettings['identityAuthorities']) =>
      readWireCall({ ...CONTEXT, PatientIDIssuer: 'DPI&&' }, { environment: 'test', identityAuthorities }).context.patient;
    for (const authorities of [
      [ipp!, stays],
      [stays, ipp!],
    ])
      expect(read(authorities)).to.include({ ipp: '00071', ippAuthority: '1.2.250.1.999.77.1', domain: 'port' });
    expect(read([stays]), 'of no IPP authority').to.deep.include({ otherIds: [{ value: '00071', authority: 'DPI' }] });
    for (const other of [
      { domain: 'nord', oid: '1.2.250.1.999.77.3' },
      { domain: 'port', oid: '1.2.250.1.999.77.3' },
    ])
      expect(() => read([ipp!, { ...ipp!, ...other }]))
        .to.throw(PasserelleError)
        .with.nested.property('detail.location.path', '/PatientIDIssuer');
  });

  it('is refused where a key is unknown, empty, of another type, or missing', () => {
    expect(codeOf({ InformationEtOppositionConsultation: 'N' })).to.equal('ERR_CALL_CONTEXT /');
    expect(codeOf({ Situation: '' })).to.equal('ERR_CALL_CONTEXT /Situation');
    expect(codeOf({ exp: '1790000060' })).to.equal('ERR_CALL_CONTEXT /exp');
    expect(codeOf({ 'Patient.gender': 'f' })).to.equal('ERR_CALL_CONTEXT /Patient.gender');
    expect(codeOf({ 'Patient.name.firstGiven': undefined })).to.equal('ERR_CALL_CONTEXT /Patient.name.firstGiven');
    expect(codeOf({ user: {} })).to.equal('ERR_CALL_CONTEXT /user');
    expect(codeOf({ user: { login: 'x', role: 'admin' } })).to.equal('ERR_CALL_CONTEXT /user');
    expect(codeOf({ PatientIDIssuer: undefined })).to.match(/^ERR_CALL_CONTEXT/);
    for (const name of Object.keys(CONTEXT).filter((key) => !/firstGiven|PatientID/.test(key))) {
      const { [name]: _, ...without } = CONTEXT as Record<string, unknown>;
      expect(() => readWireCall(without, SETTINGS), name).to.throw(PasserelleError);
    }
  });

  it('is refused when it lives too long, or ends before it begins', () => {
    expect(codeOf({ exp: CONTEXT.iat + 61 })).to.equal('ERR_CALL_CONTEXT /exp');
    expect(codeOf({ exp: CONTEXT.iat })).to.equal('ERR_CALL_CONTEXT /exp');
    expect(codeOf({ exp: CONTEXT.iat + 1 })).to.equal('read');
  });

  it('holds names in NFC, without characters that nobody sees', () => {
    const { context } = readWireCall({ ...CONTEXT, 'Patient.name.family': 'MU\u0308LLERAN' }, SETTINGS);
    expect(context.patient.birthName).to.equal('MÜLLERAN');
    for (const name of ['DU\u200bPONT', 'DU\nPONT', 'DU\u202ePONT', 'DU\ufffdPONT', ' '])
      expect(codeOf({ 'Patient.name.family': name })).to.equal('ERR_CALL_CONTEXT /Patient.name.family');
  });

  it('keeps a number that is not qualified apart, and refuses one whose key or environment is wrong', () => {
    const ins = { 'Patient.identifier.value': '258033399990170', 'Patient.identifier.system': '1.2.250.1.213.1.4.10' };
    expect(readWireCall({ ...CONTEXT, ...ins }, SETTINGS).context.patient.insStatus).to.equal('NOT-QUALIFIED');
    expect(readWireCall({ ...CONTEXT, ...ins, 'Patient.identityStatus': 'QUAL' }, SETTINGS).context.patient.insStatus).to.equal('VALI');
    expect(codeOf({ ...ins, 'Patient.identifier.value': '258033399990171' })).to.match(/^ERR_INS_KEY/);
    expect(codeOf({ ...ins, 'Patient.identifier.system': '1.2.250.1.213.1.4.8' })).to.match(/^ERR_INS_ENVIRONMENT/);
    expect(codeOf({ ...ins, 'Patient.identifier.system': undefined })).to.match(/^ERR_CALL_CONTEXT/);
  });

  it('gives no IPP of an authority that the site does not have', () => {
    const warnings: { code: string }[] = [];
    const { context } = readWireCall({ ...CONTEXT, PatientIDIssuer: 'OTHER&1.2.3&ISO' }, SETTINGS, warnings);
    expect(context.patient).to.not.have.property('ipp');
    expect(warnings.map(({ code }) => code)).to.deep.equal(['ipp-authority-unknown']);
  });
});

describe('what a call may be found by', () => {
  const { patient } = readWireCall(CONTEXT, SETTINGS).context;

  it('is the IPP and the traits here, and no record is made of an incomplete identity', () => {
    expect(matchingOf(patient)).to.deep.equal({ allowed: ['ipp', 'traits'], create: false });
    const whole = { ...patient, birthGivenNames: 'ZOÉ ANNE', birthPlaceCog: '33063' };
    expect(matchingOf(whole).create).to.equal(true);
    expect(matchingOf({ ...whole, birthDate: '1970-00-00' }).create).to.equal(false);
    expect(matchingOf({ ...whole, sex: 'U' }).create).to.equal(false);
    const { domain: _, ...foreign } = whole;
    expect(matchingOf(foreign)).to.deep.equal({ allowed: ['traits'], create: false });
  });
});

describe('dates and keys', () => {
  it('know the calendar, and dates that are partly unknown', () => {
    for (const date of ['1958-03-14', '2000-02-29', '1950-00-00', '1950-07-00']) expect(isBirthDate(date), date).to.equal(true);
    for (const date of ['1900-02-29', '1958-13-01', '1958-04-31', '1950-00-12', '958-03-14', '0958-03-14'])
      expect(isBirthDate(date), date).to.equal(false);
  });

  it('know the key of an RPPS number', () => {
    expect(hasValidRppsKey('99700700018')).to.equal(true);
    for (const number of ['99700700019', '9970070001', '99700700108', 'abc']) expect(hasValidRppsKey(number), number).to.equal(false);
  });
});
