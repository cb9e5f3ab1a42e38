/** A CDA R2 N1 with the French common header (specs FACTS G0) around any document. */
import type { SyntheticCda } from '../../core/contract/index.ts';

const FINESS_ROOT = '1.2.250.1.71.4.2.2';
const RPPS_ROOT = '1.2.250.1.71.4.2.1';
/** An invented professional of the demonstration. */
const AUTHOR = `<id root="${RPPS_ROOT}" extension="899700700018"/>`;
const AUTHOR_NAME = '<assignedPerson><name><family>TESTMED</family><given>CAMILLE</given></name></assignedPerson>';

export function cda(document: SyntheticCda): Uint8Array {
  const { person, custodian, body } = document;
  const at = hl7Time(document.at);
  const organisation = `<id root="${FINESS_ROOT}" extension="1${escape(custodian.finess)}"/><name>${escape(custodian.name)}</name>`;
  const ids = [{ root: person.insOid, extension: person.ins }, ...document.patientIds]
    .map(({ root, extension }) => `<id root="${escape(root)}" extension="${escape(extension)}"/>`)
    .join('');
  const gender = person.sex === 'F' ? 'Féminin' : 'Masculin';
  return Buffer.from(
    [
      '<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
      '<realmCode code="FR"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>',
      '<templateId root="2.16.840.1.113883.2.8.2.1"/><templateId root="1.2.250.1.213.1.1.1.1"/><templateId root="1.3.6.1.4.1.19376.1.2.20"/>',
      `<id root="${escape(document.id)}"/>`,
      `<code code="${escape(document.code)}" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC" displayName="${escape(document.title)}"/>`,
      `<title>${escape(document.title)}</title><effectiveTime value="${at}"/>`,
      '<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="fr-FR"/>',
      `<setId root="${escape(document.setId)}"/><versionNumber value="${document.version}"/>`,
      `<recordTarget><patientRole>${ids}<patient classCode="PSN">`,
      `<name><family qualifier="BR">${escape(person.birthName)}</family><given>${escape(person.givenNames)}</given>`,
      `<given qualifier="BR">${escape(person.firstGivenName)}</given><family qualifier="CL">${escape(person.usedName)}</family></name>`,
      `<administrativeGenderCode code="${person.sex}" codeSystem="2.16.840.1.113883.5.1" displayName="${gender}"/>`,
      `<birthTime value="${person.birthDate.replaceAll('-', '')}"/>`,
      `<birthplace><place><addr><county>${person.birthPlaceCog}</county></addr></place></birthplace></patient></patientRole></recordTarget>`,
      `<author><time value="${at}"/><assignedAuthor>${AUTHOR}`,
      '<code code="G15_10/SM36" codeSystem="1.2.250.1.213.1.1.4.5" displayName="Médecin - Oncologie, opt médicale (SM)"/>',
      `${AUTHOR_NAME}<representedOrganization>${organisation}</representedOrganization></assignedAuthor></author>`,
      `<custodian><assignedCustodian><representedCustodianOrganization>${organisation}</representedCustodianOrganization></assignedCustodian></custodian>`,
      `<legalAuthenticator><time value="${at}"/><signatureCode code="S"/><assignedEntity>${AUTHOR}${AUTHOR_NAME}</assignedEntity></legalAuthenticator>`,
      `<documentationOf><serviceEvent><effectiveTime><low value="${at}"/></effectiveTime><performer typeCode="PRF"><assignedEntity>`,
      `${AUTHOR}${AUTHOR_NAME}<representedOrganization>${organisation}<standardIndustryClassCode code="ETABLISSEMENT" `,
      'displayName="Etablissement de santé" codeSystem="1.2.250.1.213.1.1.4.9" codeSystemName="practiceSettingCode"/></representedOrganization>',
      '</assignedEntity></performer></serviceEvent></documentationOf>',
      document.replaces
        ? `<relatedDocument typeCode="RPLC"><parentDocument><id root="${escape(document.replaces)}"/></parentDocument></relatedDocument>`
        : '',
      `<componentOf><encompassingEncounter><effectiveTime><low value="${at}"/></effectiveTime><location><healthCareFacility>`,
      '<code code="SA01" codeSystem="1.2.250.1.71.4.2.4" displayName="Etablissement public de santé"/>',
      '</healthCareFacility></location></encompassingEncounter></componentOf>',
      `<component><nonXMLBody><text mediaType="${escape(body.mime)}" representation="B64">`,
      Buffer.from(body.bytes).toString('base64'),
      '</text></nonXMLBody></component></ClinicalDocument>\n',
    ].join(''),
    'utf8',
  );
}

/** `2026-09-14T17:00:00.000Z` as `20260914170000+0000`. */
const hl7Time = (iso: string): string => `${iso.replaceAll(/[-:T]/g, '').slice(0, 14)}+0000`;
const escape = (text: string): string => text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
