/** HL7 of the sites of the first pilots: the national profile as it is; what is ours is only the name of the receiver. */
import { dialect } from 'passerelle/codec/hl7v2-fr';

export const K_PROCESS_HL7 = dialect('k-process', {
  writing: { receivingApplication: 'KPROCESS', document: { message: 'MDM', guide: 'platform-2.1' } },
});

/** Messages of the pilots, and answers to them, are HL7; everything else is our JSON contract. */
export const isHl7 = (format: string | undefined): boolean => format === 'hl7v2';
