/** An e-mail: its header and what is attached to it, mails within it included. Tolerant: official samples are no valid MIME (specs FACTS B). */
import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime';
import { PasserelleError, type ContainerCodec, type ContainerReading, type MailHeader } from '../../core/contract/index.ts';
import { unreadable } from './unzip.ts';

export const MAIL_LIMIT_BYTES = 96 * 1024 * 1024;
const ATTACHMENTS_LIMIT = 200;
const NESTING_LIMIT = 32;
const HEADERS_LIMIT_BYTES = 512 * 1024;

/** A line of a header first, and one that every mail or every MIME part has. */
const FIRST_LINE = /^[!-9;-~]+:/;
const MAIL_LINE = /^(from|received|return-path|message-id|mime-version|content-type):/im;

export const mail: ContainerCodec = {
  id: 'mail',
  recognises: (mime, content) => {
    const head = Buffer.from(content.subarray(0, 4096)).toString('latin1');
    return mime === 'text/plain' && FIRST_LINE.test(head) && MAIL_LINE.test(head);
  },
  open,
};

async function open(content: Uint8Array): Promise<ContainerReading> {
  if (content.length > MAIL_LIMIT_BYTES) throw unreadable('a mail of more than 96 MB');
  const email = await parse(content);
  if (email.attachments.length > ATTACHMENTS_LIMIT) throw unreadable(`more than ${ATTACHMENTS_LIMIT} attachments`);
  const files = email.attachments.map((attachment, i) => ({ name: attachment.filename ?? `${i + 1}`, content: bytesOf(attachment) }));
  return { kind: 'mail', carriesContainers: true, mail: headerOf(email), files, problems: [], warnings: [] };
}

async function parse(content: Uint8Array): Promise<Email> {
  try {
    // A mail within is opened like an archive within: in the same place, to the same depth.
    return await PostalMime.parse(content, { forceRfc822Attachments: true, maxNestingDepth: NESTING_LIMIT, maxHeadersSize: HEADERS_LIMIT_BYTES });
  } catch (error) {
    throw error instanceof PasserelleError ? error : unreadable('a mail that is nested too deep, or whose header does not end', error);
  }
}

const bytesOf = ({ content }: Attachment): Uint8Array => (typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content));

function headerOf({ messageId, from, to, cc, subject, date, headers }: Email): MailHeader {
  const said = (name: string): readonly string[] => headers.filter(({ key }) => key === name).map(({ value }) => value.trim());
  const [sender] = addresses(from ? [from] : []);
  const [ins] = said('x-mss-ins');
  return {
    ...(messageId !== undefined && { messageId: messageId.replaceAll(/^<|>$/g, '') }),
    ...(sender !== undefined && { from: sender }),
    to: addresses([...(to ?? []), ...(cc ?? [])]),
    ...(subject !== undefined && { subject }),
    ...(date !== undefined && { date }),
    codes: said('x-mss-codecda').flatMap((value) => value.split(/[\s,;]+/).filter(Boolean)),
    ...((ins === 'O' || ins === 'N') && { hasIns: ins === 'O' }),
  };
}

const addresses = (list: readonly Address[]): readonly string[] =>
  list.flatMap(({ address, group }) => (address ? [address] : (group ?? []).flatMap((each) => each.address || [])));
