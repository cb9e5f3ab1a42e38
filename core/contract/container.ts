/** Files that carry documents: an XDM archive, an e-mail. Taken apart for a person who asks; what they say of their documents is held against what those are. */
import type { ErrorData } from './errors.ts';
import type { Warning } from './envelope.ts';

/** Takes such a file apart, whatever it holds: bounded in bytes, in number and in depth, and nothing is written anywhere. */
export interface ContainerCodec {
  readonly id: string;
  readonly recognises: (mime: string, content: Uint8Array) => boolean;
  /** Rejects with ERR_ARCHIVE_UNREADABLE: what is no such file, is too large, or names places outside of itself. */
  readonly open: (content: Uint8Array) => Promise<ContainerReading>;
}

export interface ContainerReading {
  readonly kind: 'xdm' | 'mail';
  /** Whether containers among its files are opened: a mail carries archives and mails, an archive carries documents. */
  readonly carriesContainers: boolean;
  readonly mail?: MailHeader;
  readonly files: readonly CarriedFile[];
  /** What it says of its files that is not so: none of them should be filed. */
  readonly problems: readonly ErrorData[];
  readonly warnings: readonly Warning[];
}

export interface CarriedFile {
  /** As the container names it: a path inside an archive, the name of an attachment. */
  readonly name: string;
  readonly content: Uint8Array;
  /** What the metadata of the archive say of it. */
  readonly said?: SaidOfDocument;
}

/** A document entry of METADATA.XML (IHE XDM, ebRIM 3.0), as said. */
export interface SaidOfDocument {
  /** uniqueId. */
  readonly id?: string;
  /** SHA-1 in hexadecimal, and bytes. */
  readonly hash?: string;
  readonly size?: number;
  readonly mime?: string;
  readonly title?: string;
  /** patientId and sourcePatientId of the document, patientId of its submission. */
  readonly patientIds: readonly { readonly value: string; readonly oid?: string }[];
  /** sourcePatientInfo, of a name whose kind is not said `nameAsSent`. */
  readonly patient: {
    readonly birthName?: string;
    readonly nameAsSent?: string;
    readonly birthDate?: string;
    readonly sex?: string;
  };
}

/** What the header of a mail says (MSSanté: specs FACTS E1, E2). Addresses without names. */
export interface MailHeader {
  readonly messageId?: string;
  readonly from?: string;
  readonly to: readonly string[];
  readonly subject?: string;
  /** ISO 8601, or as written. */
  readonly date?: string;
  /** X-MSS-CODECDA, one for each document. */
  readonly codes: readonly string[];
  /** X-MSS-INS: whether the archive names a qualified INS. */
  readonly hasIns?: boolean;
}
