/** The versions of the two national guides as data: how each writes what they all say (specs FACTS A, B, C). All of them are read. */
import { CARE_SOFTWARE_FLAGS, FLAG_SYSTEM, PLATFORM_FLAGS, type Audience, type FlagCode } from './flags.ts';

export type GuideId = 'platform-2.1' | 'platform-2.0' | 'platform-1.2' | 'lps-1.1' | 'lps-1.0';

export interface Guide {
  readonly audience: Audience;
  /** MSH-21. */
  readonly conformance: readonly [string, string];
  /** False where an MDM has no ORC and OBR: the event and OBX-11 alone say what is done. */
  readonly ordersInMdm: boolean;
  /** The one message of a guide that does not have both. */
  readonly only?: 'MDM' | 'ORU';
  /** Flags in the order they are written. */
  readonly flags: readonly FlagCode[];
  /** Where a flag has another name. */
  readonly names: Partial<Record<FlagCode, string>>;
  /** Third component of OBX-3 of a flag, of its value in OBX-5, of PRT-4; absent where the guide writes none. */
  readonly flagSystem?: string;
  readonly yesNoSystem?: string;
  readonly roleSystem?: string;
  /** TXA-17. */
  readonly signed: string;
}

const CURRENT = {
  ordersInMdm: true,
  names: {},
  flagSystem: FLAG_SYSTEM,
  yesNoSystem: 'expandedYes-NoIndicator',
  roleSystem: 'participation',
  signed: 'AU',
};
const FIRST_MDM = { ...CURRENT, ordersInMdm: false, yesNoSystem: 'HL70136', roleSystem: 'HL70912', signed: 'LA' };

export const GUIDES: Readonly<Record<GuideId, Guide>> = {
  'platform-2.1': { ...CURRENT, audience: 'platform', conformance: ['2.1', 'CISIS_CDA_HL7_V2'], flags: PLATFORM_FLAGS },
  'platform-2.0': { ...FIRST_MDM, audience: 'platform', conformance: ['2.0', 'CISIS_CDA_HL7_V2'], flags: PLATFORM_FLAGS },
  'platform-1.2': {
    audience: 'platform',
    conformance: ['1.2', 'CISIS_CDA_HL7_V1'],
    ordersInMdm: true,
    only: 'ORU',
    // No acknowledgement could be asked for.
    flags: PLATFORM_FLAGS.filter((code) => !code.startsWith('ACK_')),
    names: { INVISIBLE_REP_LEGAUX: 'INVISIBLE_REPRESENTANTS_LEGAUX', MODIF_CONF_CODE: 'MODIF_CONFIDENTIALITYCODE' },
    signed: 'LA',
  },
  'lps-1.1': { ...CURRENT, only: 'MDM', audience: 'care-software', conformance: ['1.1', 'CISIS_CDA_HL7_LPS'], flags: CARE_SOFTWARE_FLAGS },
  'lps-1.0': { ...FIRST_MDM, only: 'MDM', audience: 'care-software', conformance: ['1.0', 'CISIS_CDA_HL7_LPS'], flags: CARE_SOFTWARE_FLAGS },
};

export const isGuideId = (value: unknown): value is GuideId => typeof value === 'string' && Object.hasOwn(GUIDES, value);
