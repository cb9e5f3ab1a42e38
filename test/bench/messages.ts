/** Messages of the benchmarks, of a patient who does not exist: an admission of 1 KB, a report of 200 KB (CDA N1 around a PDF). */
import { crc32 } from 'node:zlib';
import { writeHl7 } from 'passerelle/codec/hl7v2';

const lines = (...segments: readonly string[]): Buffer => Buffer.from(segments.map((segment) => `${segment}\r`).join(''));
const PID =
  'PID|1||900000004387^^^DPI-FICTIF&1.2.250.1.999.1.1&ISO^PI~258033399990170^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS^^20101207||' +
  'QUINTARD^MARIE-ANNE^MARIE-ANNE JEANNE^^^^L~BRÉZOLLET^MARIE-ANNE^^^^^D||19580314|F|||9 quai Neuf^^BORDEAUX^^33000^FRA^H~^^^^^^BDL^^99326||' +
  '^PRN^PH^^^^^^^^^0500000000~^NET^Internet^essai@exemple.invalid|||||2609150001^^^CH-FICTIF&330000001&M^AN|||||||||||||VALI';
const DOCTOR = '10000000009^ESSAI^MÉDECIN^^^DR^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^RPPS';
const PV1 = `PV1|1|I|ONCO^201^2^CH-FICTIF&330000001&M^^BED|R|||${DOCTOR}||||||||||||2609150002^^^CH-FICTIF&330000001&M^VN${'|'.repeat(25)}20260915100000`;

/** A01: an identity and a stay. */
export const ADT = lines(
  'MSH|^~\\&|DPI-FICTIF|CH-FICTIF|DCC|KPROCESS|20260915101530||ADT^A01^ADT_A01|bench.000.00000001|T|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM',
  'EVN||20260915101530||||20260915100000',
  PID,
  'PD1||||||||||||N',
  PV1,
  'ZBE|bench.900000004387.000001^DPI-FICTIF^1.2.250.1.999.1.1^ISO|20260915100000||INSERT|N||^^^^^^UF^^^3100||HMS',
  'ZFA|ACTIF|20260914220044|||||||INO|20260914220044|IC|20260914220044',
  'ZFD|||N|N|INSI|20260915',
);

const PROFESSIONAL = `<id root="1.2.250.1.71.4.2.1" extension="810000000009"/><code code="G15_10/SM36" codeSystem="1.2.250.1.213.1.1.4.5"
 displayName="Médecin - Oncologie, opt médicale (SM)"/><addr nullFlavor="UNK"/><telecom value="tel:0500000001" use="WP"/><assignedPerson><name>
<family>ESSAI</family><given>MÉDECIN</given></name></assignedPerson><representedOrganization><id root="1.2.250.1.71.4.2.2" extension="1330000001"/>
<name>CH-FICTIF</name><telecom value="tel:0500000000" use="WP"/><addr nullFlavor="UNK"/></representedOrganization>`;
const HEADER = `<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><realmCode code="FR"/>
<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/><templateId root="2.16.840.1.113883.2.8.2.1"/>
<templateId root="1.2.250.1.213.1.1.1.1"/><templateId root="1.3.6.1.4.1.19376.1.2.20"/><id root="1.2.250.1.999.1.9.1"/>
<code code="34794-8" codeSystem="2.16.840.1.113883.6.1" displayName="CR de réunion de concertation pluridisciplinaire"/><title>Compte rendu d'essai</title>
<effectiveTime value="20260915101530+0200"/><confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" displayName="Normal"/>
<languageCode code="fr-FR"/><setId root="1.2.250.1.999.1.8.1"/><versionNumber value="1"/>
<recordTarget><patientRole><id extension="258033399990170" root="1.2.250.1.213.1.4.10"/><id extension="900000004387" root="1.2.250.1.999.1.1"/>
<addr use="H"><postalCode>33000</postalCode><city>BORDEAUX</city><country>FRANCE</country></addr><telecom nullFlavor="UNK"/><patient classCode="PSN">
<name><family qualifier="BR">QUINTARD</family><given>MARIE-ANNE JEANNE</given><given qualifier="BR">MARIE-ANNE</given>
<family qualifier="CL">BRÉZOLLET</family><given qualifier="CL">MARIE-ANNE</given></name>
<administrativeGenderCode code="F" displayName="Féminin" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19580314"/>
<birthplace><place><addr><county>99326</county><city>ACCRA</city></addr></place></birthplace></patient></patientRole></recordTarget>
<author><time value="20260915101530+0200"/><assignedAuthor>${PROFESSIONAL}</assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization><id root="1.2.250.1.71.4.2.2" extension="1330000001"/><name>CH-FICTIF</name>
</representedCustodianOrganization></assignedCustodian></custodian>
<legalAuthenticator><time value="20260915101530+0200"/><signatureCode code="S"/><assignedEntity>${PROFESSIONAL}</assignedEntity></legalAuthenticator>
<documentationOf><serviceEvent><effectiveTime><low value="20260915100000+0200"/></effectiveTime><performer typeCode="PRF">
<assignedEntity>${PROFESSIONAL}</assignedEntity></performer></serviceEvent></documentationOf>
<componentOf><encompassingEncounter><id root="1.2.250.1.999.1.2" extension="2609150002"/><effectiveTime><low value="20260915100000+0200"/></effectiveTime>
<location><healthCareFacility><code code="SA01" codeSystem="1.2.250.1.71.4.2.4"/></healthCareFacility></location></encompassingEncounter></componentOf>
<component><nonXMLBody><text mediaType="application/pdf" representation="B64">`;
const XMP = '<pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>';

/** Like the compressed stream of a PDF: bytes of every value, the same on each run. */
function pdf(size: number): Buffer {
  const noise = Buffer.alloc(size);
  for (let i = 0, state = 1; i < size; i++) noise[i] = (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24;
  return Buffer.concat([Buffer.from(`%PDF-1.4\n${XMP}\nstream\n`), noise, Buffer.from('\nendstream\ntrailer\n<<>>\n%%EOF\n')]);
}

const ID = '1.2.250.1.999.1.9.1';
const SET_ID = '1.2.250.1.999.1.8.1';
const idOf = (number: number): string => `${ID}.${number}`;
/** A document of its own for each message: the same one again would go no further. */
const documentOf = (pdfBytes: number, number: number): string =>
  `${HEADER.replace(ID, idOf(number)).replace(SET_ID, `${SET_ID}.${number}`)}${pdf(pdfBytes).toString('base64')}</text></nonXMLBody></component></ClinicalDocument>`;
const FLAGS =
  'MASQUE_PS=N INVISIBLE_PATIENT=Y INVISIBLE_REP_LEGAUX=N CONNEXION_SECRETE=N MODIF_CONF_CODE=N DESTDMP=N DESTMSSANTEPS=Y DESTMSSANTEPAT=N ACK_RECEPTION=N ACK_LECTURE_MSS=N';
const TYPE = '34794-8^CR de réunion de concertation pluridisciplinaire^LN';

/** T02 with all that a platform expects around the document, which holds a PDF of about that size. */
export const mdm = (pdfBytes: number, controlId: string): Buffer =>
  lines(
    `MSH|^~\\&|DPI-FICTIF|CH-FICTIF|DCC|KPROCESS|20260915101530||MDM^T02^MDM_T02|${controlId}|T|2.6|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2`,
    'EVN||20260915101530',
    PID,
    PV1,
    'ORC|NW',
    `OBR|1|||${TYPE}`,
    `TXA|1|34794-8|TEXT|20260915101530||||||||${idOf(crc32(controlId))}|||||AU`,
    writeHl7([
      [
        'OBX',
        {
          1: 1,
          2: 'ED',
          3: TYPE.split('^'),
          5: ['', 'text', 'XML', 'Base64', Buffer.from(documentOf(pdfBytes, crc32(controlId))).toString('base64')],
          11: 'F',
        },
      ],
    ]).trimEnd(),
    'PRT||UC||SB^Send by^participation|810000000009^ESSAI^MÉDECIN^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS|||CH-FICTIF^^^^^ASIP-SANTE-ST&1.2.250.1.71.4.2.2&ISO^FINEG^^^330000001',
    'PRT||UC||RCT^Result Copies To^participation||||DCC-FICTIF^^^^^ASIP-SANTE-ST&1.2.250.1.71.4.2.2&ISO^FINEG^^^330000019|||||||^^X.400^essai@exemple.invalid',
    ...FLAGS.split(' ').map(
      (flag, i) => `OBX|${i + 2}|CWE|${flag.replace('=', `^${flag.split('=')[0]}^MetaDMPMSS||`)}^^expandedYes-NoIndicator||||||F`,
    ),
  );

export const MDM = mdm(105_000, 'bench.000.00000002');
