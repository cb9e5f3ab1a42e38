/** Acknowledgements: those it gives, and what those it gets mean to it. */
import type { PeerDefinition, PeerIncoming, PeerReply, PeerWorld } from 'passerelle/contract';
import { component, readSegments, segment, stamp, textOf, type Segment } from './hl7.ts';
import type { DxCareState } from './state.ts';

export interface Verdict {
  readonly ack: 'AA' | 'AE' | 'AR';
  /** ERR-3. */
  readonly code?: number;
  /** ERR-5, 900 to 906. */
  readonly applicationCode?: number;
  readonly text?: string;
}

export function acknowledgement(msh: Segment | undefined, verdict: Verdict, world: PeerWorld, controlId = msh?.[10] ?? ''): string {
  const header = ['MSH', '^~\\&', msh?.[5], msh?.[6], msh?.[3], msh?.[4], stamp(world.now()), ''];
  const trigger = component(msh?.[9], 2);
  const lines = [
    [...header, `ACK^${trigger}^ACK`, world.newId(), msh?.[11], msh?.[12], '', '', '', '', 'FRA', 'UNICODE UTF-8'].join('|'),
    `MSA|${verdict.ack}|${controlId}`,
  ];
  if (verdict.ack !== 'AA') {
    const application = verdict.applicationCode ? `${verdict.applicationCode}^${verdict.text}^HL70533` : '';
    lines.push(`ERR|||${verdict.code ?? 207}^${verdict.applicationCode ? 'Application error' : verdict.text}^HL70357|E|${application}`);
  }
  return `${lines.join('\r')}\r`;
}

export const misanswer: PeerDefinition<DxCareState>['misanswer'] = (how, message: PeerIncoming, world): PeerReply => {
  const msh = segment(readSegments(textOf(message.bytes)), 'MSH');
  const text =
    how === 'wrong-ack-id'
      ? acknowledgement(msh, { ack: 'AA' }, world, `${msh?.[10]}X`)
      : acknowledgement(msh, how === 'refuse' ? { ack: 'AE', code: 207, text: 'Refus simulé' } : { ack: 'AR', code: 207, text: 'Plus tard' }, world);
  return { bytes: Buffer.from(text, 'utf8') };
};

/** AR 207 is "not stored, send again"; any other AR and every AE are final. */
export const judge: PeerDefinition<DxCareState>['judge'] = (answer, sent) => {
  const segments = readSegments(textOf(answer.bytes));
  const msa = segment(segments, 'MSA');
  if (msa?.[2] !== sent.controlId) return { verdict: 'not-mine', ack: 'none' };
  const err = segment(segments, 'ERR');
  const code = component(err?.[3], 1);
  const application = component(err?.[5], 1);
  const ack = [msa[1], [code, application].filter(Boolean).join('/')].filter(Boolean).join(' ');
  if (msa[1] === 'AA' || msa[1] === 'CA') return { verdict: 'taken', ack };
  return { verdict: /^[AC]R$/.test(msa[1] ?? '') && code === '207' ? 'later' : 'refused', ack };
};
