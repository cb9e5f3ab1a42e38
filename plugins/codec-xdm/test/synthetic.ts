/** Archives and mails made for tests. */
import { createHash } from 'node:crypto';
import { zipSync } from 'fflate';

export interface Said {
  readonly uri?: string;
  readonly hash?: string;
  readonly size?: number;
  readonly id?: string;
  /** HL7 CX. */
  readonly patientId?: string;
  readonly patientInfo?: readonly string[];
}

const slot = (name: string, ...values: readonly string[]): string =>
  `<rim:Slot name="${name}"><rim:ValueList>${values.map((v) => `<rim:Value>${v.replaceAll('&', '&amp;')}</rim:Value>`).join('')}</rim:ValueList></rim:Slot>`;

/** An entry that tells the truth of `content`, unless `said` says otherwise. */
export const entryOf = (content: Uint8Array, said: Said): string =>
  `<rim:ExtrinsicObject id="d" mimeType="text/xml">${slot('hash', said.hash ?? createHash('sha1').update(content).digest('hex'))}${slot(
    'size',
    String(said.size ?? content.length),
  )}${slot('URI', said.uri ?? 'DOC0001.XML')}${said.patientId ? slot('sourcePatientId', said.patientId) : ''}${
    said.patientInfo ? slot('sourcePatientInfo', ...said.patientInfo) : ''
  }${
    said.id ? `<rim:ExternalIdentifier identificationScheme="urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab" value="${said.id}"/>` : ''
  }</rim:ExtrinsicObject>`;

export const metadataOf = (...entries: readonly string[]): Buffer =>
  Buffer.from(
    `<lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0" xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><rim:RegistryObjectList>${entries.join('')}</rim:RegistryObjectList></lcm:SubmitObjectsRequest>`,
  );

export const FOLDER = 'IHE_XDM/SUBSET01';
export const zipOf = (files: Readonly<Record<string, Uint8Array>>): Buffer => Buffer.from(zipSync({ ...files }));

/** One document, and what a person finds in every archive. */
export const archiveOf = (content: Uint8Array, said: Said = {}, more: Readonly<Record<string, Uint8Array>> = {}): Buffer =>
  zipOf({
    'README.TXT': Buffer.from('x'),
    'INDEX.HTM': Buffer.from('x'),
    [`${FOLDER}/METADATA.XML`]: metadataOf(entryOf(content, said)),
    [`${FOLDER}/DOC0001.XML`]: content,
    ...more,
  });

/** @param headers lines more; @param attachments name and content. */
export function mailOf(headers: readonly string[], attachments: readonly (readonly [name: string, content: Uint8Array, type?: string])[]): Buffer {
  const parts = attachments.map(
    ([name, content, type = 'application/octet-stream']) =>
      `--b\r\nContent-Type: ${type}; name="${name}"\r\nContent-Disposition: attachment; filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n${
        content.length > 0
          ? Buffer.from(content)
              .toString('base64')
              .match(/.{1,76}/g)!
              .join('\r\n')
          : ''
      }\r\n`,
  );
  return Buffer.from(
    [
      'From: RCP <rcp@test.mssante.fr>',
      'To: medecin@test.mssante.fr',
      'Message-ID: <m-1@test.mssante.fr>',
      'Subject: =?UTF-8?Q?XDM/1.0/DDM+FRCP_=C3=89lie?=',
      ...headers,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="b"',
      '',
      `--b\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nBonjour\r\n${parts.join('')}--b--\r\n`,
    ].join('\r\n'),
  );
}
