/** The content of FRCP and PPS written, and read back whatever the spelling of the document. */
import { expect } from 'chai';
import type { CdaHeader } from '../../../core/contract/index.ts';
import { checkEventData, type Pps, type Rcp } from '../../../core/model/index.ts';
import { writeN3, type N3Request } from '../index.ts';
import { plugin, validate } from '../../codec-cda-reader/index.ts';
import { isoTime } from '../hl7-time.ts';
import { Tag } from '../tag.ts';
import { mutationsOf, saidBy, strikesOf } from './mutations.ts';
import { needs, sharedFile } from './official-files.ts';
import { frcpRequest, PPS, ppsRequest, RCP } from './synthetic-content.ts';

const write = (request: N3Request): string => writeN3(request).pieces[0];
const read = (xml: string | Uint8Array): CdaHeader => {
  const { cda, unreadable } = plugin.document!.read(typeof xml === 'string' ? Buffer.from(xml) : xml);
  expect(unreadable).to.equal(undefined);
  return cda!;
};
const unreadOf = (xml: string): unknown => read(xml).content!['unread'];
const rcpOf = (xml: string | Uint8Array): Rcp => read(xml).content!['rcp'] as Rcp;
const FRCP = write(frcpRequest());
/** Sections of the body, whole. */
const sectionsOf = (xml: string): string[] => {
  const body = /<structuredBody>(.*)<\/structuredBody>/s.exec(xml)![1]!;
  const found: string[] = [];
  for (let from = 0, depth = 0; ;) {
    const match = /<component>|<\/component>/g;
    match.lastIndex = from;
    let start = -1;
    for (let one = match.exec(body); one; one = match.exec(body)) {
      if (one[0] === '<component>' && depth++ === 0) start = one.index;
      else if (one[0] === '</component>' && --depth === 0) {
        found.push(body.slice(start, match.lastIndex));
        from = match.lastIndex;
        break;
      }
    }
    if (start < 0) return found;
  }
};
const withSections = (xml: string, sections: readonly string[]): string =>
  xml.replace(/<structuredBody>.*<\/structuredBody>/s, () => `<structuredBody>${sections.join('')}</structuredBody>`);

/** A place with what is its own, wherever people stand. */
const PLACED = ((): { readonly rcp: Rcp; readonly pps: Pps } => {
  const organization = {
    name: 'CHU DE TEST',
    id: '1990001018',
    idSystem: '1.2.250.1.71.4.2.2',
    telecoms: ['tel:0500000001', 'mailto:rcp@chu.test'],
    address: '9 rue du CHU 33000 BORDEAUX',
    sector: { code: 'ETABLISSEMENT', system: '1.2.250.1.213.1.1.4.9', label: 'Etablissement de santé' },
  };
  const actor = { ...RCP.participants![0]!, organization };
  const { type: _type, mention: _mention, ...person } = actor;
  const pathology = [{ ...RCP.pathology![0]!, performer: { ...person, role: 'performer' }, author: { ...person, role: 'author' } }];
  return {
    rcp: { ...RCP, participants: [actor, { role: 'requester', type: 'REFB', organization }], pathology },
    pps: { ...PPS, contacts: [{ ...PPS.contacts![0]!, organization, telecoms: ['tel:0500000002'] }] },
  };
})();
/** Steps with a beginning alone. */
const OPEN = ((): { readonly rcp: Rcp; readonly pps: Pps } => {
  const open = { start: '2026-10-05', openEnded: true as const };
  const since = ({ end: _end, ...one }: NonNullable<Rcp['plan']>[number]): typeof one => ({ ...one, ...open });
  const [one, other] = PPS.steps!;
  const steps = [
    { ...one!, planned: open },
    { ...other!, dates: open, planned: open },
  ];
  return { rcp: { ...RCP, pastTreatments: RCP.pastTreatments!.map(since), plan: RCP.plan!.map(since) }, pps: { ...PPS, steps } };
})();

describe('the content of an FRCP', () => {
  it('is read as it was written: two tumours, nine propositions in their order', () => {
    const header = read(FRCP);
    expect(header.content).to.deep.equal({ rcp: RCP });
    expect(header.warnings).to.equal(undefined);
    expect(checkEventData('dcc.document.received', { patient: {}, document: { canonicalType: 'FRCP', ...header.content } })).to.equal(undefined);
  });

  const tumour = (icd10: string | undefined, topography: string | undefined): NonNullable<Rcp['tumour']> => ({
    ...(icd10 && { icd10: { code: icd10, system: '2.16.840.1.113883.6.3' } }),
    ...(topography && { topography: { code: topography, system: '2.16.840.1.113883.6.3' } }),
    morphology: { code: '8500/3', system: '2.16.840.1.113883.6.43.1' },
  });
  const swap = (xml: string): string => {
    const [one, other] = xml.match(
      /<documentationOf><serviceEvent classCode="ACT"><code (?:(?!<\/documentationOf>).)*6\.3"(?:(?!<\/documentationOf>).)*<\/documentationOf>/g,
    )!;
    return xml.replace(`${one}${other}`, `${other}${one}`);
  };
  const codes = (first: NonNullable<Rcp['tumour']>, second: NonNullable<Rcp['tumour']>, isSwapped = true): unknown => {
    const xml = write(frcpRequest({ ids: RCP.ids!, tumour: first, otherTumours: [second] }));
    const { rcp, unread = [] } = read(isSwapped ? swap(xml) : xml).content as { rcp: Rcp; unread?: string[] };
    return [rcp.tumour, ...(rcp.otherTumours ?? [])]
      .map((each) => `${each?.topography?.code} ${each?.icd10?.code}`)
      .concat(unread.filter((one) => one.startsWith('icd10')));
  };

  it('B10: the ICD-10 code of a tumour is that of its topography, whatever the order of the header', () => {
    const [breast, lung] = [tumour('C50.2', 'C50.2'), tumour('C34.1', 'C34.1')];
    expect(codes(breast, lung)).to.deep.equal(['C50.2 C50.2', 'C34.1 C34.1']);
    // Of one organ at least; one that says no place takes what remains.
    expect(codes(tumour('C50.2', 'C50.9'), tumour('C34.1', 'C34.9'))).to.deep.equal(['C50.9 C50.2', 'C34.9 C34.1']);
    expect(codes(tumour('C50.2', undefined), lung)).to.deep.equal(['undefined C50.2', 'C34.1 C34.1']);
    expect(codes(tumour(undefined, 'C44.1'), lung)).to.deep.equal(['C44.1 undefined', 'C34.1 C34.1']);
    expect(codes(tumour('C50.2', 'C50.2'), tumour('C50.2', 'C50.2'))).to.deep.equal(['C50.2 C50.2', 'C50.2 C50.2']);
    // What is in situ, of the blood or a spread has the code of no organ.
    expect(codes(tumour('D05.1', 'C50.9'), lung)).to.deep.equal(['C50.9 D05.1', 'C34.1 C34.1']);
  });

  it('B10: a code of another organ is a tumour of its own, and one that two tumours may have is of neither: it is noted', () => {
    expect(codes(tumour('C34.1', 'C50.2'), tumour('C18.2', 'C18.2'))).to.deep.equal(['C50.2 undefined', 'C18.2 C18.2', 'undefined C34.1']);
    for (const isSwapped of [false, true]) {
      expect(codes(tumour('C50.4', 'C50.2'), tumour('C50.2', 'C50.2'), isSwapped)).to.have.members([
        'C50.2 undefined',
        'C50.2 undefined',
        'icd10 C50.4',
        'icd10 C50.2',
      ]);
      expect(codes(tumour('C34.1', undefined), tumour('C18.2', undefined), isSwapped)).to.include.members(['icd10 C34.1', 'icd10 C18.2']);
    }
  });

  it('is the same in any order of sections', () => {
    expect(rcpOf(withSections(FRCP, sectionsOf(FRCP).toReversed()))).to.deep.equal(RCP);
  });

  it('is the same under a prefix, and in Windows-1252', () => {
    const prefixed = FRCP.replace('xmlns="', 'xmlns:h="').replace(/<(\/?)([A-Za-z])/g, '<$1h:$2');
    expect(rcpOf(prefixed)).to.deep.equal(RCP);
    const declared = FRCP.replace('UTF-8', 'windows-1252').replaceAll('’', '&#8217;');
    expect(rcpOf(Buffer.from(declared, 'latin1'))).to.deep.equal(RCP);
  });

  it('is known by the template of a section, never by its code', () => {
    const recoded = FRCP.replaceAll(/<code code="(42349-1|30954-2|18776-5|10164-2)"/g, '<code code="0-0"');
    expect(rcpOf(recoded)).to.deep.equal(RCP);
    const untemplated = withSections(
      FRCP,
      sectionsOf(FRCP).map((one) => one.replace(/<templateId root="[^"]*"\/>/g, '')),
    );
    const header = read(untemplated);
    expect((header.content!['rcp'] as Rcp).plan).to.equal(undefined);
  });

  it('lacks what a missing section would say, and nothing else', () => {
    const sections = sectionsOf(FRCP).filter((one) => !one.includes('<title>Plan de soins</title>'));
    const { plan: _plan, planComment: _comment, ...rest } = RCP;
    expect(rcpOf(withSections(FRCP, sections))).to.deep.equal(rest);
  });

  it('joins sections that are there twice, and finds one that stands within another', () => {
    const sections = sectionsOf(FRCP);
    const plan = sections.find((one) => one.includes('<title>Plan de soins</title>'))!;
    expect(rcpOf(withSections(FRCP, [...sections, plan])).plan).to.have.length(18);
    const nested = sections
      .filter((one) => one !== plan)
      .map((one) =>
        one.includes('<title>PROPOSITION DE LA RCP</title>') ? one.replace('</section></component>', `${plan}</section></component>`) : one,
      );
    expect(rcpOf(withSections(FRCP, nested))).to.deep.equal(RCP);
  });

  it('takes a nullFlavor for neither a truth nor a number', () => {
    const unknown = FRCP.replaceAll(/(xsi:type="BL") value="(true|false)"/g, '$1 nullFlavor="UNK"').replaceAll(
      /(xsi:type="INT") value="\d+"/g,
      '$1 nullFlavor="UNK"',
    );
    const rcp = rcpOf(unknown);
    expect([rcp.appeal, rcp.fileComplete, rcp.tumour!.discovery?.screening, rcp.painScore]).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(rcp.who!.score).to.equal(1);
  });

  it('reads an entry without text, and says which references lead nowhere', () => {
    const silent = FRCP.replaceAll(/<text><reference value="[^"]*"\/><\/text>/g, '');
    expect(rcpOf(silent).plan!.map(({ code }) => code)).to.deep.equal(RCP.plan!.map(({ code }) => code));
    const header = read(FRCP.replaceAll('ID="t', 'ID="u'));
    expect((header.content!['rcp'] as Rcp).tumour!.icd10!.code).to.equal('C50.2');
    expect(header.warnings!.map(({ code }) => code)).to.deep.equal(['cda-reference-unresolved']);
  });

  it('understands tables, lists and paragraphs', () => {
    const text = (xml: string): string =>
      withSections(FRCP, ['<component><section><templateId root="1.3.6.1.4.1.19376.1.5.3.1.3.4"/>', `<text>${xml}</text>`, '</section></component>']);
    expect(rcpOf(text('<list><caption>Question posée</caption><item>Chirurgie ?</item><item>Radiothérapie ?</item></list>')).question).to.equal(
      '- Chirurgie ?\n- Radiothérapie ?',
    );
    expect(rcpOf(text('<paragraph>Synthèse : a<br/>b</paragraph><paragraph>Question : c ?</paragraph>'))).to.include({
      synthesis: 'a\nb',
      question: 'c ?',
    });
    expect(rcpOf(text('du texte <content>nu</content>'))).to.include({ synthesis: 'du texte nu', question: 'du texte nu' });
  });

  it('is read with the newest table, and a warning, when its version is not known', () => {
    const header = read(FRCP.replace('extension="2022.01"', 'extension="2031.01"'));
    expect(header.content).to.deep.equal({ rcp: RCP });
    expect(header.warnings).to.deep.equal([{ code: 'cda-model-version-unknown', detail: '2031.01' }]);
  });

  it('is cut visibly where it is longer than an event may be', () => {
    const long = read(write(frcpRequest({ ...RCP, history: 'é'.repeat(3999), problems: 'x'.repeat(5000) })));
    const { history, problems } = long.content!['rcp'] as Rcp;
    expect([history!.length, problems!.length, problems!.endsWith(' […]')]).to.deep.equal([3999, 4000, true]);
    expect(long.warnings).to.deep.equal([{ code: 'cda-text-cut' }]);
    const plan = Array.from({ length: 99 }, () => ({ ...RCP.plan![2]!, comment: 'y'.repeat(3000) }));
    const huge = read(write(frcpRequest({ ...RCP, plan })));
    expect(Buffer.byteLength(JSON.stringify(huge.content))).to.be.lessThan(64 * 1024 + 1);
    expect((huge.content!['rcp'] as Rcp).plan!.map(({ code }) => code)).to.deep.equal(plan.map(({ code }) => code));
    expect(huge.warnings).to.deep.equal([{ code: 'cda-content-cut' }]);
  });

  it('never makes its header unreadable', () => {
    const header = read(FRCP.replace('displayName="Radiothérapie"', `displayName="${'x'.repeat(9000)}"`));
    expect(header.content).to.deep.equal({});
    expect(header.warnings).to.deep.equal([{ code: 'cda-content-unreadable' }]);
    expect(header.encounter!.rcp).to.deep.equal({ network: '5201', manager: '520114', rcp: '27011113' });
  });
});

/** What is not surely carried by the canonical content. */
describe('what is read of a structured body, and what is not', () => {
  const unread = (xml: string): unknown => read(xml).content!['unread'];
  const planWith = (change: (section: string) => string): string =>
    withSections(
      FRCP,
      sectionsOf(FRCP).map((one) => (one.includes('<title>Plan de soins</title>') ? change(one) : one)),
    );
  const ROW = '<tr><td>2 (Alternative)</td><td>3</td><td>Cure de <content ID="mine">Radiothérapie</content></td><td>(à discuter)</td></tr>';
  /** The third treatment proposed, referring to a row of a vendor. */
  const foreign = planWith((one) => {
    const at = one.indexOf('displayName="Radiothérapie"');
    const entry = one.slice(one.lastIndexOf('<entry>', at), one.indexOf('</entry>', at));
    const [, name] = /<text><reference value="#(t\d+)"/.exec(entry)!;
    const row = new RegExp(`<tr>(?:(?!</tr>).)*ID="${name}"(?:(?!</tr>).)*</tr>`).exec(one)![0];
    return one.replace(row, ROW).replaceAll(`#${name}"`, '#mine"');
  });

  it('B10: the row of a proposed treatment is kept whole where it says what no code does, and written again as it was', () => {
    const { rcp, ...rest } = read(foreign).content as { rcp: Rcp };
    const step = rcp.plan!.find(({ order }) => order === 3)!;
    expect(step.row).to.equal('2 (Alternative) | 3 | Cure de Radiothérapie | (à discuter)');
    expect([step.label, step.text, rest]).to.deep.equal(['Radiothérapie', undefined, {}]);
    expect(rcp.plan!.filter(({ row }) => row !== undefined)).to.have.length(1);
    const again = write(frcpRequest(rcp));
    expect(again).to.match(/<td>2 \(Alternative\)<\/td><td>3<\/td><td>Cure de <content ID="t\d+">Radiothérapie<\/content><\/td>/);
    expect(rcpOf(again)).to.deep.equal(rcp);
  });

  it('B10: what is said not to be so is read as that and written as that: a treatment, an observation of a plan, a tumour, a measure', () => {
    const [radio, irm] = ['Radiothérapie', 'IRM'];
    const plan = RCP.plan!.map((one) => (one.label === radio || one.text === irm ? { ...one, negated: true as const } : one));
    const rcp: Rcp = { ...RCP, plan, tumour: { ...RCP.tumour!, negated: true } };
    const written = write(frcpRequest(rcp));
    expect(written.match(/negationInd="true"/g)).to.have.length(3);
    expect(read(written).content).to.deep.equal({ rcp });
    const [first, ...steps] = PPS.steps!;
    const pps = { ...PPS, steps: [{ ...first!, negated: true as const, findings: [{ ...first!.findings![0]!, negated: true as const }] }, ...steps] };
    expect(read(write(ppsRequest(pps))).content).to.deep.equal({ pps });
    // A proposed treatment stays a treatment, whatever its mood.
    const proposed: Rcp = { ...RCP, plan: [{ ...RCP.plan![2]!, mood: 'PRP' }] };
    expect(rcpOf(write(frcpRequest(proposed))).plan).to.deep.equal(proposed.plan);
  });

  const isValid = (content: object): unknown =>
    checkEventData('dcc.document.received', { patient: {}, document: { canonicalType: 'OTHER', ...content } });

  it('B10: a place has an address, numbers and a kind of its own beside those of the person, wherever people stand', () => {
    expect(read(write(frcpRequest(PLACED.rcp))).content).to.deep.equal({ rcp: PLACED.rcp });
    expect(read(write(ppsRequest(PLACED.pps))).content).to.deep.equal({ pps: PLACED.pps });
    expect(isValid(PLACED)).to.equal(undefined);
  });

  it('B10: what begins and has no end said is no moment: a treatment, an appointment, a measure, a date that is planned', () => {
    const written = write(frcpRequest(OPEN.rcp));
    expect(read(written).content).to.deep.equal({ rcp: OPEN.rcp });
    expect(written).to.include('<effectiveTime><low value="20261005"/></effectiveTime>').and.include('dès le 2026-10-05');
    expect(read(write(ppsRequest(OPEN.pps))).content).to.deep.equal({ pps: OPEN.pps });
    expect(isValid(OPEN)).to.equal(undefined);
    // As it comes from others.
    const theirs = FRCP.replace('<low value="20261005"/><high value="20261231"/>', '<low value="20261005"/><high nullFlavor="UNK"/>');
    expect(read(theirs).content!['unread']).to.equal(undefined);
    expect(rcpOf(theirs).plan!.filter(({ openEnded }) => openEnded)).to.have.length(1);
  });

  it('B10: nothing is unread of what we write', () => {
    for (const xml of [FRCP, write({ ...frcpRequest(), modelVersion: '2021.01' }), write(ppsRequest())]) expect(unread(xml)).to.equal(undefined);
  });

  const section = (inner: string, template = '9.9.9'): string =>
    `<component><section><templateId root="${template}"/><code code="48765-2"/>${inner}</section></component>`;
  const plan = (statement: string): string =>
    planWith((one) => one.replace(/<\/section><\/component>$/, `<entry>${statement}</entry></section></component>`));
  const code = '<code code="C15313" codeSystem="2.16.840.1.113883.3.26.1.1" displayName="Radiothérapie"/>';
  const LEFT: Readonly<Record<string, readonly [xml: string, reason: string]>> = {
    'a section that the model does not know': [
      withSections(FRCP, [...sectionsOf(FRCP), section('<text>ALLERGIE GRAVE CISPLATINE</text>')]),
      'section 48765-2',
    ],
    'an entry that nobody reads': [
      planWith((one) =>
        one.replace('<entry>', `<entry><act classCode="ACT" moodCode="EVN">${code.replace('C15313', '48767-8')}</act></entry><entry>`),
      ),
      'entry 48767-8',
    ],
    'an answer said not to be so': [FRCP.replace(/negationInd="false"(?=(?:(?!negationInd).)*75620-5)/s, 'negationInd="true"'), 'negation 75620-5'],
    'a detail of a step': [
      plan(`<procedure classCode="PROC" moodCode="INT">${code}<approachSiteCode code="X"/></procedure>`),
      'approachSiteCode C15313',
    ],
    'a kind of act that is none of ours': [
      plan(`<substanceAdministration classCode="SBADM" moodCode="INT">${code}</substanceAdministration>`),
      'entry substanceAdministration',
    ],
    'an observation that is aborted': [
      FRCP.replace(/(code="GEN-100".*?)<statusCode code="completed"\/>/s, '$1<statusCode code="aborted"/>'),
      'status GEN-100',
    ],
    'an edition of the TNM that is said otherwise of one part': [
      FRCP.replace('codeSystemVersion="8" displayName', 'displayName').replace('codeSystemVersion="8"', 'codeSystemVersion="7"'),
      'value 21905-5',
    ],
    'a score that has a unit': [FRCP.replace('xsi:type="INT" value="3"', 'xsi:type="PQ" value="30" unit="mm"'), 'value 38208-5'],
    'a concern that is closed': [FRCP.replace('<statusCode code="active"/>', '<statusCode code="completed"/>'), 'status 282291009'],
    'a priority beside an order': [FRCP.replace('<priorityCode><originalText>1<', '<priorityCode code="UR"><originalText>1<'), 'priorityCode C15313'],
    'a finding that is no reason of its step': [write(ppsRequest()).replace('typeCode="RSON"', 'typeCode="CAUS"'), 'entryRelationship MED-568'],
    'a value between two': [
      write(ppsRequest()).replace(
        /<value xsi:type="PQ"[^>]*>/,
        '<value xsi:type="IVL_PQ"><low value="2" unit="mg"/><high value="4" unit="mg"/></value>',
      ),
      'value 29463-7',
    ],
    'a grade beside a code': [
      write(ppsRequest()).replace(/<value xsi:type="PQ"[^>]*>/, '<value xsi:type="CD" code="1"><qualifier><value code="3"/></qualifier></value>'),
      'value 29463-7',
    ],
    'the confidentiality of a section': [
      planWith((one) => one.replace('<entry>', '<confidentialityCode code="R"/><entry>')),
      'confidentialityCode 18776-5',
    ],
    'a local code of a treatment that stands in a translation alone': [
      write(ppsRequest()).replace(
        /<qualifier><value .*?<\/qualifier>/s,
        '<qualifier><value nullFlavor="UNK"><translation code="Z" codeSystem="1.2.3" displayName="Chimiothérapie conventionnelle"/></value></qualifier>',
      ),
      'code MED-568',
    ],
    'a local code of an act that stands in a translation alone': [
      FRCP.replace(
        /<code code="C15632"[^>]*>.*?<\/code>/s,
        '<code nullFlavor="NI"><translation code="Z" codeSystem="1.2.3" displayName="Chimiothérapie conventionnelle"/></code>',
      ),
      'code',
    ],
    'a local code of the TNM that stands in a translation alone': [
      FRCP.replace(
        /<value xsi:type="CD" code="T1b"[^>]*>/,
        '<value xsi:type="CD" nullFlavor="OTH"><translation code="T1b" codeSystem="1.2.3" displayName="T1b"/></value>',
      ),
      'value 21905-5',
    ],
    'words of a translation beside a code': [
      FRCP.replace(
        /<targetSiteCode code="C50.2"[^>]*>/,
        '$&<translation code="C50.9" codeSystem="1.2.3"><originalText>gauche</originalText></translation>',
      ),
      'targetSiteCode 282291009',
    ],
    'words of a narrative that a translation alone has': [
      FRCP.replace(/<targetSiteCode code="C50.2"[^>]*>/, '$&<translation code="C50.9" codeSystem="1.2.3" displayName="SPHENOIDE"/>').replace(
        '<tr><td>Topographie</td>',
        '<tr><td>Sphénoïde</td></tr>$&',
      ),
      'narrative 72135-7',
    ],
    'a second role of a participant': [
      write(ppsRequest()).replace(/<translation code="ORG-177"[^>]*>/, '$&<translation code="ORG-190" codeSystem="1.2.250.1.213.1.1.4.322"/>'),
      'participant',
    ],
    'the number of a statement in a sequence': [
      FRCP.replace(/<entryRelationship [^>]*>/, '$&<sequenceNumber value="2"/>'),
      'entryRelationship GEN-098',
    ],
    'words that are struck through': [FRCP.replace('<td>Quorum<', '<td styleCode="Strikethrough">Quorum<'), 'narrative 21874-3'],
    'a narrative that is struck through': [planWith((one) => one.replace('<text>', '<text styleCode="Bold xStrike">')), 'narrative 18776-5'],
    'a value of a statement that is unknown as a whole': [
      FRCP.replace(/<observation classCode="OBS" moodCode="EVN"(?=>(?:(?!<\/observation>).)*21905-5)/s, '$& nullFlavor="NI"'),
      'nullFlavor 21905-5',
    ],
    'a name that is unknown and there': [FRCP.replace('<family>PATHO', '<family nullFlavor="UNK">PATHO'), 'performer 22637-3'],
    'a participant that is unknown as a whole': [FRCP.replace('<associatedEntity classCode="PROV"', '$& nullFlavor="UNK"'), 'participant'],
    'a score that nobody asked for': [
      FRCP.replace('<value xsi:type="INT" value="3"/>', '<value xsi:type="INT" nullFlavor="NASK"/>').replace('Score 3', 'Sévérité de la douleur'),
      'value 38208-5',
    ],
    'a power of ten': [FRCP.replace('<td>Quorum</td>', '<td>Quorum<sup>2</sup></td>'), 'narrative 21874-3'],
    'a title that is none of the form': [FRCP.replace('<title>Plan de soins<', '<title>Plan de soins refusé<'), 'title 18776-5'],
    'an hour that is of no place': [FRCP.replace('<low value="20261005"/>', '<low value="202610051400"/>'), 'effectiveTime 387713003'],
    'a second number of a participant': [
      FRCP.replace('<associatedEntity classCode="PROV">', '$&<id root="1.2.3" extension="FIRST"/>'),
      'participant',
    ],
    'words beside the answers': [FRCP.replace('<td>Quorum</td>', '<td>Quorum, sauf pour le sein gauche</td>'), 'narrative 21874-3'],
    'a word that a negation turns around, which another answer has': [
      FRCP.replace('<td>Phase</td>', '<td>Phase non initiale</td>'),
      'narrative 18733-6',
    ],
    'a negation before what is read': [FRCP.replace(/(?=<content ID="t22")/, 'Non '), 'narrative 18733-6'],
    'an answer more than the entries give': [
      FRCP.replace('<tr><td>Progression locale', '<tr><td>Progression régionale du cancer</td><td>Non</td></tr><tr><td>Progression locale'),
      'narrative 18733-6',
    ],
    'a heading that is none of the form': [
      planWith((one) => one.replace('>Proposition de la RCP<', '>Propositions non retenues<')),
      'narrative 18776-5',
    ],
    'a reference that leads nowhere': [FRCP.replace(/ID="t\d+"/, ''), 'reference'],
    'a reference that leads nowhere and that nobody follows': [
      FRCP.replace(/(<act (?:(?!<\/act>).)*<code nullFlavor="NA"\/>)/, '$1<text><reference value="#nowhere"/></text>'),
      'reference',
    ],
    'more tumours, steps or people than a list holds': [
      write(frcpRequest({ ...RCP, plan: Array.from({ length: 101 }, () => RCP.plan![2]!) })),
      'list plan',
    ],
    'a text that is longer than its place': [write(frcpRequest({ ...RCP, history: 'x'.repeat(5000) })), 'text'],
    'a content that is longer than an event': [
      write(frcpRequest({ ...RCP, plan: Array.from({ length: 99 }, () => ({ ...RCP.plan![2]!, comment: 'y'.repeat(3000) })) })),
      'content',
    ],
  };
  for (const [title, [xml, reason]] of Object.entries(LEFT))
    it(`B10: ${title} is noted, and such a document is never written again`, () => {
      const { unread: reasons, rcp } = read(xml).content as { unread: string[]; rcp: Rcp };
      expect(reasons).to.include(reason);
      const request = frcpRequest(rcp);
      expect(() => write({ ...request, document: { ...request.document, unread: reasons } }))
        .to.throw()
        .with.property('code', 'ERR_DOCUMENT_REWRITE');
    });

  it('B10: a heading of the synthesis that is none of the form stays with its text', () => {
    const text = (xml: string): string =>
      withSections(FRCP, [`<component><section><templateId root="1.3.6.1.4.1.19376.1.5.3.1.3.4"/><text>${xml}</text></section></component>`]);
    const blocks = '<paragraph>Question : c ?</paragraph><paragraph>Contre-indication : cisplatine</paragraph>';
    expect(rcpOf(text(blocks)).otherData).to.equal('Contre-indication : cisplatine');
  });
});

describe('what it costs to read a structured body', () => {
  it('is the same for a thousand entries that refer to one large row as for one of them, and what is cut is not read', () => {
    const cells = 3000;
    const [title, end] = ['<title>Plan de soins</title>', '</section></component>'];
    const planOf = (entries: number): string =>
      withSections(
        FRCP,
        sectionsOf(FRCP).map((one) =>
          one.includes(title)
            ? `${one.slice(0, one.indexOf(title))}<text><table><tbody><tr ID="z">${'<td>w</td>'.repeat(cells)}</tr></tbody></table></text>` +
              '<entry><procedure moodCode="INT"><code code="q"/><text><reference value="#z"/></text></procedure></entry>'.repeat(entries) +
              end
            : one,
        ),
      );
    const pieces = Object.getOwnPropertyDescriptor(Tag.prototype, 'pieces')!;
    const visits = (xml: string): number => {
      let count = 0;
      Object.defineProperty(Tag.prototype, 'pieces', {
        ...pieces,
        get(this: Tag): unknown {
          count++;
          return pieces.get!.call(this);
        },
      });
      try {
        read(xml);
      } finally {
        Object.defineProperty(Tag.prototype, 'pieces', pieces);
      }
      return count;
    };
    expect(visits(planOf(1000)) - visits(planOf(1))).to.be.below(20 * 1000);
  });
});

/** Of the mutations one in so many is tried: all twelve thousand take three minutes. */
const STEP = Number(process.env['STEP'] ?? 29);
describe('any other thing in any place of what is read', () => {
  for (const [kind, request, whole] of [
    ['rcp', frcpRequest, { ...PLACED.rcp, pastTreatments: OPEN.rcp.pastTreatments }],
    ['pps', ppsRequest, { ...PLACED.pps, steps: OPEN.pps.steps }],
  ] as const)
    it(`B10 property: is written again as it was, or noted: ${kind}`, () => {
      const base = write(request(whole));
      const untouched = JSON.stringify(read(base).content);
      let at = 0;
      const seen = { noted: 0, written: 0 };
      for (const { what, xml } of mutationsOf(base)) {
        if (at++ % STEP !== 0) continue;
        const mutated = xml();
        const content = read(mutated).content!;
        if (content['unread'] || !content[kind]) seen.noted++;
        else {
          const again = write(request(content[kind]));
          // Words, and the same once more, may stand in another place than they did: then they have one in the content.
          const isMore = /twice|\+originalText|\+words|\+performer/.test(what) && JSON.stringify(content) !== untouched;
          if (isMore) expect(read(again).content, what).to.deep.equal(content);
          else expect(saidBy(again), what).to.equal(saidBy(mutated));
          seen.written++;
        }
      }
      expect(seen.noted).to.be.greaterThan(40);
      expect(seen.written).to.be.greaterThan(0);
    });
});

describe('a narrative that is struck through', () => {
  it('B10 property: is noted, in each section', () => {
    for (const base of [FRCP, write(ppsRequest())]) for (const { what, xml } of strikesOf(base)) expect(unreadOf(xml()), what).to.be.an('array');
  });
});

describe('writing an N3', () => {
  it('gives a PPS back as it was written', () => {
    const header = read(write(ppsRequest()));
    expect(header.content).to.deep.equal({ pps: PPS });
    expect(header.participants.map(({ contact }) => contact)).to.deep.equal(['ORG-177', 'ORG-190', 'ORG-178']);
  });

  it('writes the same bytes twice, and ids that are a root alone', () => {
    expect(write(frcpRequest())).to.equal(FRCP);
    const own = [...FRCP.matchAll(/<(?:id|setId) root="([0-9A-F]{8}-[^"]*|1\.2\.250\.1\.999\.20\.\d)"([^>]*)>/g)];
    expect(own.length).to.be.greaterThan(50);
    expect(new Set(own.map(([, , rest]) => rest))).to.deep.equal(new Set(['/']));
  });

  it('B10: a score is written as the number that it is, and a WHO status known as a number by the code of that number', () => {
    const scored: Rcp = { ...RCP, geriatricScore: { score: 13.5 }, painScore: { score: 2.5 }, who: { score: 2 } };
    const written = write(frcpRequest(scored));
    expect(written.match(/<value xsi:type="REAL" value="(?:13|2)\.5"\/>/g)).to.have.length(2);
    const { geriatricScore, painScore, who } = rcpOf(written);
    expect([geriatricScore?.score, painScore?.score]).to.deep.equal([13.5, 2.5]);
    expect(who).to.include({ score: 2, code: 'MED-265', system: '1.2.250.1.213.1.1.4.322' });
    expect(read(written).content).to.not.have.property('unread');
  });

  it('B10: a part of a TNM that is known by its words has them where it is written', () => {
    const rcp: Rcp = { ...RCP, tumour: { ...RCP.tumour!, tnm: { ...RCP.tumour!.tnm, t: { text: 'T1 selon IRM' } } } };
    const written = write(frcpRequest(rcp));
    expect(written).to.not.include('<value xsi:type="CD" codeSystemVersion="8"/>');
    expect(rcpOf(written)).to.deep.equal(rcp);
  });

  it('B10: a participant keeps all given names, and the national number among others', () => {
    const participant = '<associatedEntity classCode="PROV">';
    const two = FRCP.replace(participant, `${participant}<id root="1.2.3" extension="LOCAL"/>`).replace(
      '</given><family>TRAITANT',
      '</given><given>ANNE$&',
    );
    const [first] = rcpOf(two).participants!;
    expect([first!.id, first!.idSystem]).to.deep.equal(['899700700018', '1.2.250.1.71.4.2.1']);
    expect(rcpOf(two).participants!.map(({ given }) => given)).to.include('CAMILLE ANNE');
    expect(unreadOf(two)).to.deep.equal(['participant']);
  });

  it('B10: what nobody said is written as no information: that it does not apply, or that it was looked for, would be said by us', () => {
    const ids = { network: '1', manager: '2', rcp: '3' };
    const flavors = (xml: string): unknown =>
      new Set(
        [...xml.slice(xml.indexOf('<structuredBody>')).matchAll(/<(?:value|effectiveTime|low|targetSiteCode)\b[^>]*nullFlavor="(\w+)"/g)].map(
          ([, one]) => one,
        ),
      );
    const bare = write(frcpRequest({ ids, plan: [{ kind: 'treatment' }] }));
    expect(flavors(bare)).to.deep.equal(new Set(['NI']));
    expect(flavors(write(ppsRequest({ steps: [{ kind: 'follow-up', planned: {} }], rcpDate: '2026' })))).to.deep.equal(new Set(['NI']));
    expect(unreadOf(bare)).to.equal(undefined);
  });

  it('writes each version with its own templates', () => {
    const [old, current] = ['2021.01', '2022.01'].map((modelVersion) => write({ ...frcpRequest(), modelVersion }));
    expect(old).to.include('1.2.250.1.213.1.1.2.45"').and.include('extension="2021.01"').and.include('G-1009').and.not.include('282291009');
    expect(current).to.include('1.2.250.1.213.1.1.2.175"').and.include('extension="2022.01"').and.include('282291009').and.not.include('G-1009');
    expect(rcpOf(old!)).to.deep.equal(RCP);
  });

  it('refuses what would be no FRCP, naming the field', () => {
    const { ids: _ids, ...anonymous } = RCP;
    expect(() => write(frcpRequest(anonymous)))
      .to.throw()
      .with.nested.property('detail.location.path', '/document/rcp/ids/network');
    expect(() => write({ ...frcpRequest(), modelVersion: '1999' }))
      .to.throw()
      .with.nested.property('detail.location.path', '/document/modelVersion');
    const { rcp: _rcp, ...empty } = frcpRequest().document;
    expect(() => write({ ...frcpRequest(), document: empty }))
      .to.throw()
      .with.nested.property('detail.location.path', '/document/rcp');
  });

  const bare: Rcp = { ids: { network: '1', manager: '2', rcp: '3' } };
  for (const [title, request, example] of [
    ['an FRCP with everything', frcpRequest(), 'CANCER-FRCP_2022.01_Appareil.xml'],
    ['an FRCP with as little as is accepted', frcpRequest(bare), 'CANCER-FRCP_2022.01_Appareil.xml'],
    ['an FRCP whose places have numbers of their own', frcpRequest(PLACED.rcp), 'CANCER-FRCP_2022.01_Appareil.xml'],
    ['an FRCP whose steps have no end', frcpRequest(OPEN.rcp), 'CANCER-FRCP_2022.01_Appareil.xml'],
    ['a PPS whose contacts have numbers of their own', ppsRequest(PLACED.pps), 'CANCER-PPS_2022.01_feuille-de-style-externe.xml'],
    ['a PPS whose steps have no end', ppsRequest(OPEN.pps), 'CANCER-PPS_2022.01_feuille-de-style-externe.xml'],
    ['a PPS with everything', ppsRequest(), 'CANCER-PPS_2022.01_feuille-de-style-externe.xml'],
    ['a PPS with a status alone', ppsRequest({ status: PPS.status! }), 'CANCER-PPS_2022.01_feuille-de-style-externe.xml'],
  ] as const) {
    it(`${title} breaks no rule that the official example keeps (skipped when the folder of specifications is absent)`, async function () {
      needs(this, 'specs/cda');
      this.timeout(120_000);
      const { readShared } = await import('./official-files.ts');
      const rules = sharedFile('specs/cda');
      const official = await validate(readShared('specs/cda/testcontenu-3.0/ExemplesCDA', example), rules, { profiles: true });
      const known = new Set(official.map((one) => `${one.rules} ${one.message}`));
      const written = await validate(Buffer.from(write(request)), rules, { profiles: true });
      expect(written.filter((one) => one.severity === 'error' || !known.has(`${one.rules} ${one.message}`))).to.deep.equal([]);
    });
  }
});

describe('times of a document', () => {
  it('are as precise as they were, and nothing when there is no such day', () => {
    expect(['2019', '201902', '20190218', '201902181545+0100', '20190218154500.5', '20190230', '20191399', 'x'].map(isoTime)).to.deep.equal([
      '2019',
      '2019-02',
      '2019-02-18',
      '2019-02-18T15:45:00+01:00',
      '2019-02-18T15:45:00',
      undefined,
      undefined,
      undefined,
    ]);
  });
});
