/** `passerelle delivery resend|confirm|release|discard ID`: decisions on one leg (ambiguous, held, dead). */
import type { Command } from 'commander';
import { PasserelleError } from '../../contract/index.ts';
import { actOnEach } from '../act.ts';
import { fail, whyOption, withEngine, type Context, type EngineOptions } from '../context.ts';
import { isDeliveryId } from '../engine-client.ts';

const VERBS = {
  resend: 'renvoie les mêmes octets / sends the same bytes again',
  confirm: 'le destinataire l’a bien reçu / the receiver has it',
  release: 'libère une remise retenue / releases a held delivery',
  discard: 'écarte une remise / discards a delivery',
} as const;

export function addDelivery(program: Command, context: Context): void {
  const delivery = program.command('delivery').description('décide d’une remise / decides on a delivery');
  for (const [verb, description] of Object.entries(VERBS)) {
    const command = withEngine(delivery.command(verb).argument('<id...>', 'remises / deliveries')).description(description);
    const why = whyOption();
    command
      .addOption(verb === 'discard' || verb === 'confirm' ? why.makeOptionMandatory() : why)
      .action(async (ids: readonly string[], options: EngineOptions & { why?: string }) => {
        const other = ids.find((id) => !isDeliveryId(id));
        if (other === undefined) await actOnEach(ids, verb, options, context);
        else fail(context, new PasserelleError('ERR_REQUEST_INVALID', { expected: 'a delivery id (tag-d12)', found: other }));
      });
  }
}
