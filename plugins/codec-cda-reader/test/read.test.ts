import { hash } from 'node:crypto';
import { expect } from 'chai';
import { plugin } from '../index.ts';
import { SYNTHETIC_PDF, n1Body, syntheticCda } from '../../codec-cda/test/synthetic.ts';

const { read, recognises } = plugin.document!;
const headerOf = (text: string | Uint8Array) => {
  const reading = read(typeof text === 'string' ? Buffer.from(text) : text);
  expect(reading.unreadable).to.equal(undefined);
  return reading.cda!;
};

describe('reading a CDA', () => {
  it('gives the header of an N1 as the document says it', () => {
    expect(headerOf(syntheticCda())).to.deep.equal({
      templateIds: [{ root: '2.16.840.1.113883.2.8.2.1' }, { root: '1.2.250.1.213.1.1.1.1' }],
      authors: [
        { ids: [{ root: '1.2.250.1.999.9', extension: 'robot' }] },
        {
          ids: [{ root: '1.2.250.1.71.4.2.1', extension: '899700700018' }],
          family: 'TESTMED',
          given: 'CAMILLE',
          organization: { ids: [{ root: '1.2.250.1.71.4.2.2', extension: '1990099012' }], name: 'DSRC DE TEST' },
        },
      ],
      parents: [{ relation: 'RPLC', id: { root: '1.2.250.1.999.1.0' } }],
      treatingDoctor: { ids: [], family: 'TRAITANT' },
      level: 'N1',
      id: { root: '1.2.250.1.999.1.2' },
      setId: { root: '1.2.250.1.999.1.1' },
      version: 2,
      code: { code: '34794-8', system: '2.16.840.1.113883.6.1', label: 'CR de RCP' },
      title: 'FRCP Sein',
      effectiveTime: '20260914170000+0200',
      serviceStart: '20260913',
      confidentiality: 'R',
      language: 'fr-FR',
      replaces: { root: '1.2.250.1.999.1.0' },
      patient: {
        ids: [
          { root: '1.2.250.1.213.1.4.10', extension: '258033399990170' },
          { root: '1.2.250.1.999.10.1', extension: '0004512387' },
        ],
        birthName: 'FAUXVILLE',
        usedName: 'D’ESSAI',
        givenNames: 'ÉLODIE MARIE',
        firstGivenName: 'ÉLODIE',
        usedGivenName: 'ÉLODIE',
        sex: 'F',
        birthDate: '19580314',
        birthPlaceCog: '33999',
      },
      author: {
        ids: [{ root: '1.2.250.1.71.4.2.1', extension: '899700700018' }],
        family: 'TESTMED',
        given: 'CAMILLE',
        organization: { ids: [{ root: '1.2.250.1.71.4.2.2', extension: '1990099012' }], name: 'DSRC DE TEST' },
      },
      custodian: { ids: [{ root: '1.2.250.1.71.4.2.2', extension: '1990099012' }], name: 'DSRC DE TEST' },
      recipients: [{ ids: [], family: 'TESTDOC' }],
      participants: [{ type: 'INF', function: 'PCP', ids: [], family: 'TRAITANT' }],
      encounter: {
        ids: [{ root: '1.2.250.1.999.10.2', extension: '260914001' }],
        start: '20260910',
        facility: { ids: [{ root: '1.2.250.1.71.4.2.2', extension: '1990001018' }] },
      },
      body: { mediaType: 'application/pdf', bytes: SYNTHETIC_PDF.length, sha256: hash('sha256', SYNTHETIC_PDF), pdfaMark: '1B' },
    });
  });

  it('decides the level by content, not by template', () => {
    const n3 = headerOf(syntheticCda({ templateIds: '<templateId root="1.3.6.1.4.1.19376.1.2.20"/>', body: '<structuredBody/>' }));
    expect(n3.level).to.equal('N3');
    expect(n3.body).to.equal(undefined);
  });

  it('takes the used name of the older guides, and keeps apart a name of an unsaid kind', () => {
    const old = headerOf(syntheticCda({ patientName: '<family qualifier="SP">USAGE</family><family>SEUL</family><given>A</given><given>B</given>' }));
    expect(old.patient).to.include({ usedName: 'USAGE', nameAsSent: 'SEUL', givenNames: 'A B' });
    expect(old.patient).to.not.have.property('birthName');
  });

  it('says the version of each template', () => {
    const { templateIds } = headerOf(syntheticCda({ templateIds: '<templateId root="1.2.250.1.213.1.1.1.8" extension="2022.01"/>' }));
    expect(templateIds[2]).to.deep.equal({ root: '1.2.250.1.213.1.1.1.8', extension: '2022.01' });
  });

  it('does not see elements of other namespaces, comments, another kind of relation, or an id that is null', () => {
    const foreign = '<sdtc:title>NON</sdtc:title><!-- <title>NON</title> -->';
    const appended = '<relatedDocument typeCode="APND"><parentDocument><id root="1.2.250.1.999.1.9"/></parentDocument></relatedDocument>';
    const header = headerOf(
      syntheticCda({ templateIds: foreign, header: appended }).replace('<setId root="1.2.250.1.999.1.1"/>', '<setId nullFlavor="UNK"/>'),
    );
    expect(header.title).to.equal('FRCP Sein');
    expect(header.replaces).to.deep.equal({ root: '1.2.250.1.999.1.0' });
    expect(header).to.not.have.property('setId');
  });
});

describe('the spelling of a CDA', () => {
  it('reads on after an instruction inside the header', () => {
    const whole = headerOf(syntheticCda());
    expect(headerOf(syntheticCda().replace('<recordTarget', '<?editor a="b>"?><recordTarget'))).to.deep.equal(whole);
  });

  it('gives characters as they are meant, however they are written', () => {
    const spelt = (title: string): string | undefined => headerOf(syntheticCda().replace(/<title>[^<]*</, `<title>${title}<`)).title;
    expect(spelt('A&amp;B &lt;C&gt; &quot;D&quot; &#233;&#xE9; \u{1f600}')).to.equal('A&B <C> "D" éé \u{1f600}');
    expect(spelt('<![CDATA[A&amp;B <C root="1">]]> D')).to.equal('A&amp;B <C root="1"> D');
    expect(spelt(`A${'é'.repeat(3000)}`)).to.equal(`A${'é'.repeat(3000)}`);
  });

  it('reads an attribute between other quotes, and takes none from the value of another', () => {
    const [, id] = headerOf(syntheticCda({ templateIds: `<templateId extension='a root="9"' root = '1.2'/>` })).templateIds.slice(1);
    expect(id).to.deep.equal({ root: '1.2', extension: 'a root="9"' });
  });

  it('knows elements by their namespace, whatever the prefix', () => {
    const own = '<v:templateId xmlns:v="urn:hl7-org:v3" root="1.7"/><templateId xmlns="urn:other" root="1.8"/>';
    const { templateIds } = headerOf(syntheticCda({ templateIds: own }));
    expect(templateIds.map(({ root }) => root))
      .to.include('1.7')
      .and.not.include('1.8');
  });
});

describe('reading a CDA in its encoding', () => {
  const declared = (encoding: string): string => syntheticCda({ declaration: `<?xml version="1.0" encoding="${encoding}"?>` });
  const latin = (encoding: string): Buffer => Buffer.from(declared(encoding).replaceAll('’', "'"), 'latin1');
  const swapped = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
  const cases: readonly (readonly [string, Buffer])[] = [
    ['UTF-8', Buffer.from(declared('UTF-8'))],
    ['UTF-8 without declaration', Buffer.from(syntheticCda({ declaration: '' }))],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${declared('UTF-8')}`)],
    ['UTF-8 with a byte order mark under a Latin-1 declaration', Buffer.from(`\ufeff${declared('ISO-8859-1')}`)],
    ['ISO-8859-1', latin('ISO-8859-1')],
    ['ISO-8859-15', latin('ISO-8859-15')],
    ['windows-1252', latin('windows-1252')],
    ['UTF-16 little endian', Buffer.from(`\ufeff${declared('UTF-16')}`, 'utf16le')],
    ['UTF-16 big endian', swapped(`\ufeff${declared('UTF-16')}`)],
    ['UTF-16 without byte order mark', Buffer.from(declared('UTF-16'), 'utf16le')],
    ['UTF-16 that declares itself UTF-8', Buffer.from(`\ufeff${declared('UTF-8')}`, 'utf16le')],
    ['white space before the declaration', Buffer.from(`\r\n\t ${declared('UTF-8')}`)],
    [
      'stylesheet and other instructions before the root',
      Buffer.from(
        declared('UTF-8').replace('?>', '?><?xml-stylesheet type="text/xsl" href="../x.xsl"?><?oxygen SCHSchema="a>b"?><!-- <!DOCTYPE non> -->'),
      ),
    ],
  ];
  for (const [title, content] of cases) {
    it(`reads ${title}`, () => {
      expect(recognises('text/xml', content)).to.equal(true);
      expect(headerOf(content).patient).to.include({ birthName: 'FAUXVILLE', firstGivenName: 'ÉLODIE' });
    });
  }
});

describe('the body of an N1', () => {
  const pdfOf = (bytes: number): Buffer => {
    const pdf = Buffer.alloc(bytes, 'x');
    pdf.write('%PDF-1.4\n', 0);
    pdf.write('<pdfaid:part>2</pdfaid:part><pdfaid:conformance>u</pdfaid:conformance>', bytes - 5000);
    pdf.write('\n%%EOF\n', bytes - 7);
    return pdf;
  };
  const bodyOf = (base64: string) => headerOf(syntheticCda({ body: n1Body(base64) })).body;

  for (const bytes of [6000, 200_000, 12_000_001]) {
    it(`is sized, summed and marked at ${bytes} bytes`, () => {
      const facts = { mediaType: 'application/pdf', bytes, sha256: hash('sha256', pdfOf(bytes)), pdfaMark: '2U' };
      expect(bodyOf(pdfOf(bytes).toString('base64'))).to.deep.equal(facts);
    });
  }

  it('may be broken into lines', () => {
    const lines = (bytes: number): string => pdfOf(bytes).toString('base64').replace(/.{76}/g, '$&\r\n');
    for (const bytes of [100_000, 12_000_001])
      expect(bodyOf(lines(bytes))).to.include({ bytes, sha256: hash('sha256', pdfOf(bytes)), pdfaMark: '2U' });
  });

  it('may carry line ends as character references, as some serialisers write them', () => {
    expect(bodyOf(pdfOf(100_000).toString('base64').replace(/.{76}/g, '$&&#13;\n'))).to.include({ bytes: 100_000, pdfaMark: '2U' });
  });

  it('is said to be unreadable when its Base64 or its PDF is not whole, and the header is read all the same', () => {
    expect(bodyOf('not base64 at all!')?.unreadable).to.equal('its Base64 does not decode');
    expect(bodyOf(pdfOf(100_000).toString('base64').slice(0, 50_000))?.unreadable).to.match(/^cut before its end/);
    expect(bodyOf(pdfOf(12_000_001).toString('base64').slice(0, 15_000_000))?.unreadable).to.match(/^cut before its end/);
    expect(bodyOf(pdfOf(12_000_001).toString('base64').slice(0, -3))?.unreadable).to.equal('its Base64 does not decode');
  });

  it('may be text, or stand elsewhere', () => {
    expect(headerOf(syntheticCda({ body: '<nonXMLBody><text mediaType="text/plain">été</text></nonXMLBody>' })).body).to.deep.equal({
      mediaType: 'text/plain',
      bytes: 5,
    });
    expect(
      headerOf(syntheticCda({ body: '<nonXMLBody><text mediaType="application/pdf"><reference value="x"/></text></nonXMLBody>' })).body,
    ).to.deep.equal({
      mediaType: 'application/pdf',
    });
  });

  it('is not mistaken for another run of Base64 by a document that imitates our mark', () => {
    const decoy = `<!-- ${SYNTHETIC_PDF.toString('base64')} -->`;
    const long = pdfOf(60_000).toString('base64');
    const text = syntheticCda({ header: `${decoy}<sdtc:x>${long}</sdtc:x>`, body: n1Body('PasserelleRunNum00000000') });
    expect(headerOf(text).body).to.include({ bytes: 18, unreadable: 'not a PDF' });
  });
});

describe('what cannot be read', () => {
  const reasonOf = (text: string | Uint8Array): string | undefined => read(typeof text === 'string' ? Buffer.from(text) : text).unreadable;

  it('is said in a few words, without content', () => {
    expect(reasonOf('')).to.equal('not well-formed XML');
    expect(reasonOf(syntheticCda().slice(0, 900))).to.equal('cut before its end');
    expect(reasonOf(syntheticCda().replace('</title>', '</SECRET>'))).to.equal('not well-formed XML');
    expect(reasonOf('<ClinicalDocument/>')).to.equal('its root is not a ClinicalDocument of HL7 v3');
    expect(reasonOf(syntheticCda({ body: '' }))).to.equal('it has no body');
    expect(reasonOf(syntheticCda({ header: '&SECRET;' }))).to.equal('it uses an entity');
  });

  it('refuses one that names several patients', () => {
    const other = '<recordTarget><patientRole><id root="1.2.250.1.999.90.1" extension="9"/></patientRole></recordTarget>';
    const twice = Buffer.from(syntheticCda()).toString('utf8').replace('<recordTarget', `${other}<recordTarget`);
    expect(reasonOf(Buffer.from(twice))).to.equal('it names several patients');
  });

  it('is recognised as a CDA when it begins like one, and a PDF is not', () => {
    expect(recognises('text/xml', Buffer.from(syntheticCda().slice(0, 400)))).to.equal(true);
    expect(recognises('application/pdf', SYNTHETIC_PDF)).to.equal(false);
    expect(recognises('text/xml', Buffer.from('<html>ClinicalDocument</html>'))).to.equal(false);
    expect(recognises('text/xml', Buffer.from('<other/>'))).to.equal(false);
  });
});
