/** A8 over real sockets: a letter whose INS datamatrix names somebody else than its message, where pages are looked at after delivery, and before. */
import { expect } from 'chai';
import type { AlertList, IdentityTask, MessageView, Page } from 'passerelle/contract';
import { ESTREMOY } from '../../plugins/codec-ins-datamatrix/test/people.ts';
import { writeLetter } from '../../plugins/codec-pdf/index.ts';
import { hospitalOf, sendLetter, recordOf } from './hospital.ts';
import { TestRegion, until } from './region.ts';

for (const when of ['after', 'before'] as const)
  describe(`a datamatrix of another patient, looked at ${when} delivery`, () => {
    const region = new TestRegion();
    const record = recordOf(region, (yaml) => yaml.replace("site: '990001018'\n", `site: '990001018'\ndocumentChecks: ${when}\n`), {
      PASSERELLE_DOCUMENTS_DATAMATRIX: 'true',
    });
    let id = '';
    before(async () => {
      await hospitalOf(region)({ ipp: '50', minute: 1 });
      const document = { canonicalType: 'CR-CONCERTATION', title: 'Compte rendu', text: 'Cher confrère,' } as const;
      const pdf = await writeLetter(
        { patient: { ...ESTREMOY, insOid: '1.2.250.1.213.1.4.10' }, document },
        { environment: 'test', now: '2026-10-01T10:00:00.000Z' },
      );
      id = await sendLetter(region, { ipp: '50', id: '1.2.250.1.999.20.9.50', pdf });
    });

    const message = async (): Promise<MessageView> => (await region.timeline(id)).message;
    const open = async (): Promise<readonly IdentityTask[]> => (await region.get<Page<IdentityTask>>('identities/tasks?state=open')).items;
    const alerts = async (): Promise<readonly string[]> => (await region.get<AlertList>('alerts')).items.map(({ code }) => code);
    const told = (): readonly string[] => record.told.map(({ type }) => type).filter((type) => type.startsWith('document'));

    if (when === 'after')
      it('A8: it is delivered, its site is alerted and a person asked, until that is answered', async () => {
        expect(told()).to.deep.equal(['document.published']);
        await until('the document is checked', 60_000, async () => (await open()).length > 0);
        expect((await open()).map((task) => [task.id, task.kind, task.site])).to.deep.equal([[`${id}-datamatrix-p1`, 'datamatrix', '990001018']]);
        expect(await alerts()).to.include('ALERT_DOCUMENT_OTHER_PATIENT');
        await until('its findings are kept', 60_000, async () => (await region.timeline(id)).checks !== undefined);
        expect((await region.timeline(id)).checks?.[0]?.findings[0]).to.include({ severity: 'error', rules: 'INS' });
        await region.post(`identities/tasks/${id}-datamatrix-p1:reject`, { why: 'withdrawn over there' });
        expect([await open(), (await alerts()).includes('ALERT_DOCUMENT_OTHER_PATIENT')]).to.deep.equal([[], false]);
        expect((await message()).state).to.equal('decoded');
      });
    else
      it('A8: it waits for a person, and is delivered once that says that it is of this patient', async () => {
        expect([told(), (await message()).error?.code]).to.deep.equal([[], 'ERR_IDENTITY_CONFLICT']);
        expect((await open()).map((task) => [task.id, task.kind, task.attributes.includes('birthName')])).to.deep.equal([[id, 'document', true]]);
        await region.post(`messages/${id}:replay`, { why: 'nobody has looked at it' });
        await region.drained();
        expect([told(), (await message()).state]).to.deep.equal([[], 'quarantined']);
        await region.accept(id, 'an old name');
        await region.drained();
        expect([told(), await open()]).to.deep.equal([['document.published'], []]);
      });
  });
