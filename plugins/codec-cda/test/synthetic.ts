/** A small CDA about nobody: INS under the test OID with a commune that does not exist, OIDs below 1.2.250.1.999. */

export const SYNTHETIC_PDF = Buffer.from(
  '%PDF-1.4\n<rdf:Description xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>\n%%EOF\n',
);

export interface SyntheticCda {
  readonly declaration?: string;
  readonly templateIds?: string;
  readonly patientName?: string;
  readonly header?: string;
  readonly body?: string;
}

const NAME =
  '<family qualifier="BR">FAUXVILLE</family><given>ÉLODIE MARIE</given><given qualifier="BR">ÉLODIE</given>' +
  '<family qualifier="CL">D’ESSAI</family><given qualifier="CL">ÉLODIE</given>';

export const n1Body = (base64: string = SYNTHETIC_PDF.toString('base64')): string =>
  `<nonXMLBody><text mediaType="application/pdf" representation="B64">${base64}</text></nonXMLBody>`;

export function syntheticCda(options: SyntheticCda = {}): string {
  const { declaration = '<?xml version="1.0" encoding="UTF-8"?>', templateIds = '', patientName = NAME, header = '', body = n1Body() } = options;
  return `${declaration}<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc">
  <realmCode code="FR"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="2.16.840.1.113883.2.8.2.1"/><templateId root="1.2.250.1.213.1.1.1.1"/>${templateIds}
  <id root="1.2.250.1.999.1.2"/>
  <code code="34794-8" codeSystem="2.16.840.1.113883.6.1" displayName="CR de RCP"/>
  <title>FRCP
     Sein</title>
  <effectiveTime value="20260914170000+0200"/><confidentialityCode code="R" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="fr-FR"/>
  <setId root="1.2.250.1.999.1.1"/><versionNumber value="2"/>
  <recordTarget><patientRole>
    <id root="1.2.250.1.213.1.4.10" extension="258033399990170"/><id root="1.2.250.1.999.10.1" extension="0004512387"/>
    <patient><name>${patientName}</name><administrativeGenderCode code="F"/><birthTime value="19580314"/>
      <birthplace><place><addr><county>33999</county></addr></place></birthplace></patient>
  </patientRole></recordTarget>
  <author><time value="20260914"/><assignedAuthor><id root="1.2.250.1.999.9" extension="robot"/><assignedAuthoringDevice/></assignedAuthor></author>
  <author><time value="20260914"/><assignedAuthor><id root="1.2.250.1.71.4.2.1" extension="899700700018"/>
    <assignedPerson><name><family>TESTMED</family><given>CAMILLE</given></name></assignedPerson>
    <representedOrganization><id root="1.2.250.1.71.4.2.2" extension="1990099012"/><name>DSRC DE TEST</name></representedOrganization>
  </assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization><id root="1.2.250.1.71.4.2.2" extension="1990099012"/><name>DSRC DE TEST</name>
  </representedCustodianOrganization></assignedCustodian></custodian>
  <informationRecipient><intendedRecipient><informationRecipient><name><family>TESTDOC</family></name></informationRecipient></intendedRecipient></informationRecipient>
  <participant typeCode="INF"><functionCode code="PCP"/><associatedEntity><id nullFlavor="UNK"/><associatedPerson><name><family>TRAITANT</family></name></associatedPerson></associatedEntity></participant>
  ${header}
  <documentationOf><serviceEvent><effectiveTime><low value="20260901"/></effectiveTime></serviceEvent></documentationOf>
  <documentationOf><serviceEvent><effectiveTime><low value="20260913"/></effectiveTime><performer typeCode="PRF"/></serviceEvent></documentationOf>
  <relatedDocument typeCode="RPLC"><parentDocument><id root="1.2.250.1.999.1.0"/></parentDocument></relatedDocument>
  <componentOf><encompassingEncounter><id root="1.2.250.1.999.10.2" extension="260914001"/><effectiveTime><low value="20260910"/></effectiveTime>
    <location><healthCareFacility><id root="1.2.250.1.71.4.2.2" extension="1990001018"/></healthCareFacility></location></encompassingEncounter></componentOf>
  <component>${body}</component>
</ClinicalDocument>`;
}
