/**
 * A dialect is data: the choices a product makes on the axes where French HL7 v2 differs (vendors FACTS section 1). A connector is
 * one of these profiles, a type map in the site's settings, and at most a small override.
 */
import type { ReplyOutcome } from '../../core/contract/index.ts';
import type { GuideId } from './guides.ts';

/** What a repetition of PID-5 holds. `untyped` = the sender does not say; `ignored` = a pseudonym, an alias. */
export type NameUse = 'birth' | 'used' | 'untyped' | 'ignored';

export interface ReadingProfile {
  /** MSH-12.1 that are read; anything else is refused with 203. */
  readonly versions: readonly string[];
  /** XPN-7 to what it means here; a type that is not listed is ignored. `''` = no type. */
  readonly nameTypes: Readonly<Record<string, NameUse>>;
  /** What a name without type is, when the site's `connector.untypedName` says nothing. */
  readonly untypedName: 'birth' | 'used' | 'unknown';
  /** PID-6: mother's maiden name in HL7, the patient's own birth name with some products. */
  readonly pid6: 'ignored' | 'birth-name';
  /** XAD-7 of the address that tells the birth place; `tolerated` ones are read with a warning. */
  readonly birthPlaceTypes: Readonly<Record<string, 'standard' | 'tolerated'>>;
  /** True where ZBE-7 is the nursing unit and ZBE-8 the medical one. */
  readonly unitsSwapped: boolean;
  /** Fields that hold the stay number, first filled one wins. */
  readonly visitIdFields: readonly ('PID-18' | 'PV1-19')[];
  /** Number by which the sender knows its own order or document. */
  readonly orderNumber: 'placer' | 'filler';
  /** Triggers of the product's own, read as another one: `{ Z80: 'A02' }`. */
  readonly triggers: Readonly<Record<string, string>>;
}

export interface WritingProfile {
  /** MSH-3 and MSH-5, when the site's settings (`connector.sendingApplication`...) say nothing. */
  readonly sendingApplication: string;
  readonly receivingApplication: string;
  /** MSH-12 and MSH-21 of ADT messages, components in order. */
  readonly adtVersion: readonly string[];
  readonly adtConformance: readonly string[];
  /** MSH-18 as written, and what it means in bytes. */
  readonly charset: { readonly declared: string; readonly encoding: string };
  /** XPN-7 of the used name: `D` in France, `S` with some. */
  readonly usedNameType: string;
  /** How documents leave: by which guide (unless the site's `connector.documentGuide` names another), and in which message of it. */
  readonly document: {
    readonly message: 'MDM' | 'ORU';
    readonly guide: GuideId;
  };
  /** What became of a document: as a ZAM of the guide, or not at all for a product that reads none. */
  readonly answers: 'ZAM' | 'none';
  /** A document that is not a CDA (PDF, text): in the same message, or in ORU^R01. */
  readonly plainDocument: 'MDM' | 'ORU';
  /** `never`: a target that is not ready for the INS gets the message in the old form (vendors FACTS section 3, Loghos 3). */
  readonly ins: 'when-qualified' | 'never';
  readonly unitsSwapped: boolean;
}

/** What an acknowledgement of this product means where it departs from the national table; first match wins. */
export interface ReplyRule {
  readonly ack: 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR';
  /** ERR-3.1. */
  readonly hl7Code?: number;
  /** ERR-5.1 as text: vendors put their own there. */
  readonly applicationCode?: string;
  readonly outcome: ReplyOutcome['outcome'];
}

export interface DialectProfile {
  readonly id: string;
  readonly reading: ReadingProfile;
  readonly writing: WritingProfile;
  readonly replies: readonly ReplyRule[];
}

/** The profile with no deviation: PAM France 2.11, HL7v2-CDA 2.1. It reads older versions of the same guides too. */
export const NATIONAL_PROFILE: DialectProfile = {
  id: 'ci-sis',
  reading: {
    versions: ['2.1', '2.2', '2.3', '2.3.1', '2.4', '2.5', '2.5.1', '2.6', '2.7', '2.7.1', '2.8', '2.8.1', '2.8.2', '2.9'],
    nameTypes: { L: 'birth', B: 'birth', D: 'used', '': 'untyped', U: 'untyped', S: 'ignored' },
    untypedName: 'unknown',
    pid6: 'ignored',
    birthPlaceTypes: { BDL: 'standard', BR: 'tolerated', N: 'tolerated' },
    unitsSwapped: false,
    visitIdFields: ['PID-18', 'PV1-19'],
    orderNumber: 'placer',
    triggers: {},
  },
  writing: {
    sendingApplication: 'PASSERELLE',
    receivingApplication: '',
    adtVersion: ['2.5', 'FRA', '2.11'],
    adtConformance: ['2.11', 'IHE_FRANCE-2.11-PAM'],
    charset: { declared: 'UNICODE UTF-8', encoding: 'utf-8' },
    usedNameType: 'D',
    document: { message: 'MDM', guide: 'platform-2.1' },
    answers: 'ZAM',
    plainDocument: 'MDM',
    ins: 'when-qualified',
    unitsSwapped: false,
  },
  replies: [],
};

/** A dialect as its differences from the national profile. */
export function dialect(
  id: string,
  deviations: { readonly reading?: Partial<ReadingProfile>; readonly writing?: Partial<WritingProfile>; readonly replies?: readonly ReplyRule[] },
): DialectProfile {
  return {
    id,
    reading: { ...NATIONAL_PROFILE.reading, ...deviations.reading },
    writing: { ...NATIONAL_PROFILE.writing, ...deviations.writing },
    replies: deviations.replies ?? [],
  };
}
