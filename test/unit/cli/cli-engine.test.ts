import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { IdentityTask } from '../../../core/contract/index.ts';
import { openBackup } from '../../../core/backup/index.ts';
import { prepareToken, publishUrl, readAccess, withdrawUrl } from '../../../core/cli/index.ts';
import { plugin } from '../../../plugins/app-api/index.ts';
import { SITE } from '../settings/catalogue.ts';
import { passerelle, withServices, type Outcome } from './cli-process.ts';
import { alerting, fakeEngine, type FakeEngine } from './fake-engine.ts';

describe('commands on a running engine', () => {
  let data: string;
  let engine: FakeEngine;
  let app: ReturnType<typeof plugin.create>;
  let env: Record<string, string>;

  /** In this process: starting one for each command costs half a second. */
  const run = (args: readonly string[], folder = data): Promise<Outcome> => withServices({}, [...args, '--data', folder]);

  before(async () => {
    data = await mkdtemp(path.join(tmpdir(), 'passerelle-cli-'));
    engine = fakeEngine();
    app = plugin.create(engine, { port: 0, token: await prepareToken(data), audit: async () => undefined });
    await publishUrl(data, (await app.start())[0]!);
    env = { PASSERELLE_DATA: data, TZ: 'Europe/Paris' };
  });
  after(async () => {
    await app.stop();
    await rm(data, { recursive: true });
  });
  beforeEach(() => void (engine.asked.length = 0));

  it('show contextual calls: the ledger, one call, numbers', async () => {
    const { code, out } = await run(['calls', '--site', '990001018', '--outcome', 'refused']);
    expect([code, engine.asked.at(-1)]).to.deep.equal([0, { method: 'ledger', input: { site: '990001018', outcome: 'refused', limit: 50 } }]);
    expect(out).to.contain('AC-TESTTEST').and.to.contain('ERR_CALL_REFUSED (time)');
    expect(out, 'refused after its link').to.match(/AC-LATELATE[^\n]+refusé[^A]+ERR_CALL_UNKNOWN_PATIENT \(rien ouvert\)/);
    const one = await run(['calls', 'ac-testtest']);
    expect(one.out).to.contain('À faire').and.to.contain('contrôle « Heure »').and.to.contain('lien ouvert');
    expect(one.out).to.contain("recherche par IPP : personne ; pas par INS, traits, que l'appel ne donne pas en entier");
    for (const unknown of ['AC-AAAAAAAA', 'KIT-AAAAAAAA']) {
      const { err, code: failed } = await run(['calls', unknown]);
      expect([failed, err], unknown).to.satisfy(([, text]: [number, string]) => /ERR_CALL_NOT_FOUND/.test(text) && /relais\.log/.test(text));
      expect(err, unknown).not.to.contain('passerelle messages');
    }
    expect((await run(['calls', '--counts'])).out).to.match(/2026-09-15 +990001018 +MEDECIN +open +dossier ouvert +3/);
  });

  it('keep the keys of sites: code, fingerprint, revocation, key of the engine', async () => {
    expect((await run(['call', 'key', 'invite', '990001018'])).out).to.contain('AAAAA-BBBBB');
    expect((await run(['call', 'key', 'list', '--site', '990001018'])).out)
      .to.contain('à confirmer')
      .and.to.contain(`${'k'.repeat(43)}  990001018`, 'whole, as confirm takes it')
      .and.to.contain('1A2B 3C4D');
    await run(['call', 'key', 'confirm', 'k'.repeat(43), '1A2B 3C4D']);
    expect(engine.asked.at(-1)?.input).to.include({ kid: 'k'.repeat(43), fingerprint: '1A2B 3C4D' });
    const without = await run(['call', 'key', 'revoke', 'k'.repeat(43)]);
    expect([without.code, without.err.includes('passerelle call key revoke --help\n')], 'a reason is needed').to.deep.equal([2, true]);
    const revoked = await run(['call', 'key', 'revoke', 'k'.repeat(43), '--why', 'poste volé']);
    expect(revoked.out).to.contain('révoquée').and.to.contain("celles qu'elle a signées").and.to.contain('after');
    expect(revoked.out)
      .to.contain('Attention : le site 990001018 a encore 1 clé active')
      .and.to.match(/before \(jusqu'au /)
      .and.to.contain('passerelle call key revoke --site 990001018 --why');
    await run(['call', 'key', 'revoke', '--site', '990001018', '--why', 'serveur compromis']);
    expect(engine.asked.slice(-2)).to.deep.equal([
      { method: 'keys', input: '990001018' },
      { method: 'revokeKey', input: { ...(engine.asked.at(-1)?.input as object), kid: 'k'.repeat(43), why: 'serveur compromis' } },
    ]);
    for (const neither of [[], ['k'.repeat(43), '--site', '990001018']])
      expect((await run(['call', 'key', 'revoke', ...neither, '--why', 'x'])).err).to.contain('une clé, ou --site FINESS');
    expect((await run(['call', 'key', 'rotate-engine'])).out).to.equal('new\n');
  });

  it('verify a call by the running engine, with what to do', async () => {
    const file = path.join(data, 'call.txt');
    await writeFile(file, 'a.b.c.d.e');
    const { code, out } = await run(['call', 'verify', file, '--engine', '--site', '990001018', '--now', '2026-09-15T10:00:00+02:00']);
    expect([code, out.includes('ok   1  Taille'), out.includes('Décision / decision: reject (ERR_CALL_REFUSED)')]).to.deep.equal([1, true, true]);
    expect(engine.asked.at(-1)?.input).to.deep.equal({ text: 'a.b.c.d.e', site: '990001018', now: '2026-09-15T08:00:00.000Z' });
  });

  it('list messages in a table of 100 columns, in local time, with the whole reason and the next command', async () => {
    const { code, out } = await passerelle(['messages', '--state', 'quarantined', '--state', 'decoded'], env);
    expect(code).to.equal(0);
    const lines = out.split('\n');
    expect(lines[0]).to.match(/^REÇU +ID +FILE +TYPE +ÉTAT +ACK +MOTIF$/);
    expect(out)
      .to.contain('2026-10-12 10:00 ')
      .and.to.contain("ERR_DOCUMENT_TYPE_UNKNOWN le type du document n'est pas connu sur ce site")
      .and.to.contain('réémis 2 fois')
      .and.to.contain('passerelle message ID');
    expect(Math.max(...lines.map((line) => line.length))).to.be.at.most(100);
    expect(out, 'no colour in a pipe').not.to.contain('\u001b');
    expect(engine.asked[0]?.input).to.deep.equal({ limit: 50, state: ['quarantined', 'decoded'] });
  });

  it('list as JSON with the cursor of the next page', async () => {
    const { out } = await run(['messages', '--json', '--limit', '1']);
    expect(JSON.parse(out)).to.include({ next: 'opaque-1' });
    await run(['messages', '--after', 'opaque-1', '--lane', 'dx-in', '--since', '2026-10-12T08:00:00+02:00']);
    expect(engine.asked.at(-1)?.input).to.deep.equal({ limit: 50, after: 'opaque-1', lane: 'dx-in', since: '2026-10-12T06:00:00.000Z' });
  });

  it('tell the story of a message: what, why, what to do, what to type', async () => {
    const quarantined = await run(['message', 'test-2']);
    expect(quarantined.out)
      .to.contain('mis en quarantaine')
      .and.to.match(/Motif \/ why :\n +ERR_DOCUMENT_TYPE_UNKNOWN/)
      .and.to.contain('À faire / fix');
    expect(quarantined.out).to.contain('passerelle replay test-2').and.to.contain('passerelle discard test-2 --why "..."');
    const doubtful = await run(['message', 'test-3']);
    expect(doubtful.out)
      .to.contain('Remise test-d3 vers kp-out : issue douteuse')
      .and.to.contain('passerelle delivery confirm test-d3')
      .and.to.contain('derrière test-d1');
    expect((await run(['message', 'test-1'])).out, 'B3, B4: given up, it leaves that one').to.contain(
      'Remise test-d1 vers kp-out : écarté, le destinataire montre encore / its receiver still shows 1.2.250.1.999.1',
    );
    const missing = await run(['message', 'test-77']);
    expect([missing.code, missing.out]).to.deep.equal([1, '']);
    expect(missing.err).to.contain('ERR_NOT_FOUND').and.to.contain('À faire :').and.to.contain('To do:');
  });

  it('show what waits for identity vigilance, without a patient, and decide it with a reason', async () => {
    const list = await run(['identities']);
    expect(list.out).to.contain('test-2').and.to.contain('deux émetteurs de même rang').and.to.contain('birthName').and.not.to.contain('VALMORÉE');
    expect(engine.asked.at(-1)).to.deep.equal({ method: 'tasks', input: { state: ['open'], limit: 200 } });
    expect((await run(['identity', 'task', 'test-2', '--accept'])).err).to.contain('ERR_REASON_MISSING');
    const shown = await run(['identity', 'task', 'test-2', '--why', 'vérification']);
    expect(shown.out).to.contain('fictif 1, INS 279035121518989 (NOT-QUALIFIED)');
    expect(shown.out)
      .to.contain('qui demandent la même chose : 1')
      .and.to.contain('VALMORÉE')
      .and.to.contain('ÉTREZAC')
      .and.to.contain('passerelle identity task test-2 --accept --question 3f2a9c');
    for (const [flag, verdict] of [
      ['--accept', 'accept'],
      ['--reject', 'reject'],
    ] as const) {
      expect((await run(['identity', 'task', 'test-2', flag, '--question', '3f2a9c', '--why', 'vu'])).code).to.equal(0);
      expect(engine.asked.at(-1)?.input).to.deep.include({ id: 'test-2', verdict, why: 'vu', ...(verdict === 'accept' && { question: '3f2a9c' }) });
    }
  });

  it('A6: advise of each question that merges raise what ends it: no acceptance of what cannot be, no undo of a right change of number', async () => {
    const shown = async (kind: IdentityTask['kind']): Promise<string> => {
      engine.taskKind = kind;
      return (await run(['identity', 'task', 'test-2', '--why', 'vérification'])).out;
    };
    for (const kind of ['merge-cycle', 'merge-elsewhere', 'merge-changed'] as const)
      expect(await shown(kind), kind)
        .to.contain('passerelle replay test-2')
        .and.to.contain('--reject')
        .and.not.to.contain('--accept');
    expect(await shown('merge-changed')).to.contain('la fusion du numéro d’aujourd’hui');
    for (const kind of ['traits', 'ins', 'document'] as const)
      expect(await shown(kind), kind)
        .to.contain('--accept')
        .and.to.contain('passerelle identity undo')
        .and.to.contain('Without that the next message asks again');
  });

  it('show what a receiver was not told, declare it ready at a rate, or not after all', async () => {
    const { out } = await run(['lane', 'withheld', 'kp-out']);
    expect(out).to.contain('3 patients à mettre à jour, pour 5 messages, dont 2 remplacés');
    expect((await run(['lane', 'ready', 'kp-out', '--rate', '2/s', '--why', 'recette faite'])).code).to.equal(0);
    expect(engine.asked.at(-1)?.input).to.include({ lane: 'kp-out', verb: 'ready', perMinute: 120, why: 'recette faite' });
    expect((await run(['lane', 'not-ready', 'kp-out', '--why', 'anomalie'])).code).to.equal(0);
    expect(engine.asked.at(-1)?.input).to.include({ verb: 'not-ready', why: 'anomalie' });
  });

  it('show an identity with who said what, and undo a merge', async () => {
    const { out } = await run(['identity', 'fictif', '1', '--why', 'vérification']);
    expect(out).to.contain('VALMORÉE').and.to.contain('DPI').and.to.contain('à décider / to decide: test-2');
    const undone = await run(['identity', 'undo', 'fictif', '1', '--why', 'deux personnes']);
    expect([undone.code, undone.out]).to.satisfy(
      ([code, out]: [number, string]) =>
        code === 0 && out.includes('appeler') && out.includes('PA-1-undone-0a0a0a0a') && out.includes('undo groupe G1'),
    );
    expect(engine.asked.at(-1)?.input).to.include({ domain: 'fictif', ipp: '1', why: 'deux personnes' });
  });

  it('say where a document is, leg by leg, the identifier in the body of the request', async () => {
    const { code, out } = await run(['where', '--document', '1.2.250.1.999.1.1']);
    expect(code).to.equal(0);
    expect(out).to.contain('test-d3').and.to.contain('kp-out').and.to.contain('ERR_ACK_TIMEOUT');
    expect(Math.max(...out.split('\n').map((line) => line.length))).to.be.at.most(100);
    expect(out).to.contain('en vigueur').and.to.contain('reçu / received : test-3');
    expect(engine.asked[0]).to.deep.equal({ method: 'document', input: '1.2.250.1.999.1.1' });
    expect((await run(['where', '--document', '1.2.250.1.999.1.2'])).code).to.equal(1);
    await run(['where', '--ins', '150019900101234']);
    expect(engine.asked.slice(2).map(({ input }) => (input as { ins: string }).ins.split(':')[0])).to.include('1.2.250.1.213.1.4.8');
    for (const args of [['where'], ['where', '--ipp', '123'], ['where', '--ipp', 'a:1', '--ins', '1']])
      expect((await run(args)).code, args.join(' ')).to.equal(2);
  });

  it('show documents to be typed, take the decision, and take it back', async () => {
    const waiting = await run(['documents', 'untyped']);
    expect(waiting.out).to.contain('LOCAL').and.to.contain('X1').and.to.contain('passerelle documents type test-9 --as TYPE --remember');
    expect((await run(['documents', 'type', 'test-9', '--as', 'OTHER', '--remember', '--why', 'letter'])).code).to.equal(0);
    expect(engine.asked.at(-1)?.input).to.include({ id: 'test-9', type: 'OTHER', remember: true, why: 'letter' });
    expect((await run(['documents', 'types'])).out).to.contain('cli/referent');
    expect((await run(['documents', 'forget', '--site', '990001018', '--system', 'LOCAL', '--code', 'X1'])).code, 'without a reason').to.equal(2);
    await run(['documents', 'forget', '--site', '990001018', '--system', 'LOCAL', '--code', 'X1', '--why', 'wrong']);
    expect(engine.asked.at(-1)?.input).to.include({ site: '990001018', system: 'LOCAL', code: 'X1', why: 'wrong' });
  });

  it('show alerts: what, since when, why, what to do; whose they are on a node that stands by', async () => {
    const { code, out } = await run(['alerts']);
    expect(code).to.equal(0);
    expect(out.split('\n')[0]).to.match(/^GRAVITÉ +ALERTE +FILE +DEPUIS +NOMBRE$/);
    for (const word of [
      'problème',
      'ALERT_LANE_FAILING',
      'kp-out',
      '7',
      'injoignable',
      'out of reach',
      'ERR_CONNECTION_REFUSED',
      'À faire : passerelle lanes kp-out',
      'To do: ',
    ])
      expect(out).to.contain(word);
    expect(JSON.parse((await run(['alerts', '--json'])).out)).to.deep.equal({ items: [alerting], elsewhere: false });
    Object.assign(engine, { alerting: [], elsewhere: true });
    const standby = await run(['alerts']);
    Object.assign(engine, { alerting: [alerting], elsewhere: false });
    expect(standby.out).to.contain('Aucune alerte').and.to.contain('Un autre nœud tient les files');
  });

  it('show lanes and act on one', async () => {
    const { out } = await run(['lanes']);
    expect(out).to.contain('kp-out').and.to.contain('tripped').and.to.contain('À DÉCIDER');
    expect((await run(['lane', 'pause', 'kp-out'])).out).to.contain('paused');
    expect((await run(['lane', 'resume', 'none'])).code).to.equal(1);
  });

  it('show what blocks a lane, since when, how much waits behind it and what to type', async () => {
    for (const args of [
      ['lanes', 'kp-out'],
      ['lane', 'show', 'kp-out'],
    ]) {
      const { out } = await run(args);
      expect(out).to.contain('test-d3  review').and.to.contain('message test-3').and.to.contain('3 derrière, 7 en tout');
      expect(out).to.contain('ERR_ACK_TIMEOUT').and.to.contain('À faire : ').and.to.contain('passerelle delivery resend test-d3');
    }
    expect((await run(['lanes', 'dx-in'])).out).to.contain('Rien ne bloque');
    expect((await run(['lanes', 'none'])).code).to.equal(1);
  });

  it('plan a downtime, set a rate, and wait for a lane to drain', async () => {
    const planned = await run(['lane', 'downtime', 'kp-out', '--from', '2036-10-12T10:00:00Z', '--for', '2h', '--why', 'mise à jour']);
    expect(planned.out).to.contain('arrêt prévu / downtime → 2036-10-12');
    expect(engine.asked.at(-1)?.input).to.deep.include({
      kind: 'downtime',
      lane: 'kp-out',
      from: '2036-10-12T10:00:00.000Z',
      until: '2036-10-12T12:00:00.000Z',
      why: 'mise à jour',
    });
    await run(['lane', 'downtime', 'kp-out', '--cancel']);
    expect(engine.asked.at(-1)).to.deep.equal({ method: 'withdraw', input: { name: 'kp-out', kind: 'downtime' } });
    expect((await run(['lane', 'downtime', 'kp-out'])).code, 'no end').to.equal(2);
    expect((await run(['lane', 'rate', 'kp-out', '2/s'])).out).to.contain('120/min');
    expect((await run(['lane', 'rate', 'kp-out', 'fast'])).code).to.equal(2);
    await run(['lane', 'rate', 'kp-out', 'off']);
    expect(engine.asked.at(-1)).to.deep.equal({ method: 'withdraw', input: { name: 'kp-out', kind: 'rate' } });
    expect(await run(['lane', 'drain', 'kp-out'])).to.deep.include({ code: 0 });
    expect((await run(['lane', 'drain', 'dx-in'])).code, 'not a delivery lane').to.equal(1);
  });

  it('replay a filter oldest first, page by page, wait when the engine is behind, and say what was not replayed', async () => {
    const states = ['--state', 'decoded', '--state', 'quarantined'];
    const first = await run(['replay', ...states, '--limit', '1']);
    expect(first.out).to.contain('replayed : 1 ').and.to.contain('--after 1');
    engine.busy = 2;
    const rest = await run(['replay', ...states, '--after', '1', '--all', '--until', '2026-11-01T00:00:00Z']);
    expect([rest.code, rest.out]).to.deep.equal([1, 'Rejoués / replayed : 1   (passerelle lanes)\n']);
    expect(rest.err).to.contain('not replayed : 1').and.to.contain('test-3 ERR_REPLAY_STALE').and.to.contain('--why');
    expect(engine.asked.at(-1)?.input).to.include({ after: '1', until: '2026-11-01T00:00:00.000Z' });
    expect((await run(['replay', ...states, '--all', '--why', 'reprise', '--rate', '600000/min'])).code).to.equal(0);
    const pages = engine.asked.filter(({ method }) => method === 'replay');
    engine.asked.length = 0;
    const dry = await run(['replay', ...states, '--all', '--dry-run', '--document', 'DOC1']);
    expect(dry.out).to.contain('to replay : 3').and.to.contain('test-2');
    expect(engine.asked.map(({ input }) => input)).to.have.length(1);
    expect(engine.asked[0]?.input).to.include({ dryRun: true, document: 'DOC1' });
    expect(pages.at(-1)?.input).to.include({ why: 'reprise' });
    expect((await run(['replay', ...states, '--rate', '10'])).code).to.equal(2);
  });

  it('replay, discard and decide on deliveries, each by itself', async () => {
    const { code, out, err } = await run(['replay', 'test-9', 'test-2', '--why', 'type ajouté']);
    expect([code, out]).to.deep.equal([1, 'rejoué / replay : test-2   (passerelle message test-2)\n']);
    expect(err).to.contain('ERR_NOT_FOUND');
    expect(engine.asked.at(-1)?.input).to.include({ verb: 'replay', why: 'type ajouté' });
    expect((await run(['replay', '--state', 'quarantined'])).out).to.contain('replayed : 1 ');
    expect((await run(['replay'])).code, 'neither id nor state').to.equal(2);
    expect((await run(['discard', 'test-2'])).code, 'no reason').to.equal(2);
    expect((await run(['discard', 'test-d3', '--why', 'vu'])).out).to.contain('écarté / discard : test-d3 ');
    expect((await run(['delivery', 'confirm', 'test-d3', '--why', 'vu'])).out).to.contain('confirmé / confirm : test-d3 ');
    expect((await run(['delivery', 'resend', 'test-3'])).code, 'a message is no delivery').to.equal(2);
  });

  it('plan and apply a folder; a refusal prints every issue and exits with 2', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'passerelle-apply-'));
    try {
      await writeFile(path.join(folder, 'site.yaml'), SITE);
      const plan = await run(['plan', folder]);
      expect([plan.code, plan.out.split('\n')[0]]).to.deep.equal([0, '+ site 990001018 (Centre hospitalier fictif)']);
      const applied = await run(['apply', folder, '--why', 'pilote']);
      expect(applied.out).to.contain('Révision 2 active');
      expect(engine.asked.at(-1)?.input).to.deep.include({ files: ['site.yaml'], why: 'pilote' });
      await writeFile(path.join(folder, 'site.yaml'), SITE.replace('port: 2575', 'prot: 2575'));
      const nothing = await mkdtemp(path.join(folder, 'empty-'));
      for (const command of ['plan', 'apply']) {
        const refused = await run([command, nothing]);
        expect([refused.code, refused.err.includes('ERR_CONFIG_UNREADABLE')], `${command} of a folder without settings`).to.deep.equal([2, true]);
      }
      for (const command of ['plan', 'apply']) {
        const refused = await run([command, folder]);
        expect(refused.code, command).to.equal(2);
        expect(refused.err)
          .to.contain('site.yaml:10 /connectors/0/endpoints/0/prot')
          .and.to.contain('« port » ?')
          .and.to.contain('did you mean "port"?');
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('list connectors, and examine the engine', async () => {
    expect((await run(['connectors'])).out)
      .to.contain('dxcare')
      .and.to.contain('development');
    const doctor = await run(['doctor', '--json']);
    const { items } = JSON.parse(doctor.out) as { items: { what: string; verdict: string; fr: string; en: string }[] };
    expect(items.find(({ what }) => what === 'moteur')).to.include({ verdict: 'ok' });
    expect(
      items.find(({ what }) => what === 'file kp-out'),
      'a tripped lane',
    ).to.include({ verdict: 'attention' });
    expect(items.find(({ what }) => what === 'à décider')).to.include({ fr: '1 en quarantaine, 1 en doute' });
    engine.ready = false;
    const sick = await run(['doctor']);
    engine.ready = true;
    expect([sick.code, sick.out]).to.satisfy(([code, out]: [number, string]) => code === 1 && out.includes("n'est pas prêt : journal"));
  });

  it('back up a running engine, with a reason that is audited, and tell doctor', async () => {
    const folder = path.join(data, 'backup');
    const made = await run(['backup', '-o', folder, '--why', 'before the upgrade']);
    expect([made.code, made.err]).to.deep.equal([0, '']);
    for (const word of ['Sauvegarde faite', 'moteur en marche', 'point de cohérence', 'test-1', 'index.key']) expect(made.out).to.contain(word);
    expect((await openBackup(folder)).source.files).to.deep.equal([{ name: 'index.key', bytes: Buffer.alloc(32, 1) }]);
    const again = await run(['backup', '-o', folder]);
    expect([again.code, again.err]).to.satisfy(([code, err]: [number, string]) => code === 1 && err.includes('ERR_NOT_EMPTY'));
    expect((await run(['backup'])).code).to.equal(2);
    const { items } = JSON.parse((await run(['doctor', '--json'])).out) as { items: { what: string; verdict: string; fr: string }[] };
    expect(items.find(({ what }) => what === 'sauvegarde')).to.include({ verdict: 'attention' });
    expect(items.find(({ what }) => what === 'sauvegarde')?.fr).to.contain(folder);
    expect(items.find(({ what }) => what === 'journal')).to.include({ verdict: 'ok', fr: 'SQLite : sûr' });
  });

  it('say which engine does not answer, with the fix, when there is none or the token is wrong', async () => {
    const none = await run(['lanes'], path.join(data, 'none'));
    expect([none.code, none.err]).to.satisfy(
      ([code, err]: [number, string]) => code === 1 && err.includes('ERR_ENGINE_UNREACHABLE') && err.includes('passerelle start'),
    );
    expect((await run(['lanes', '--url', 'http://127.0.0.1:1'])).err).to.contain('ERR_ENGINE_UNREACHABLE');
    const token = path.join(data, 'other.token');
    await writeFile(token, 'wrong');
    expect((await run(['lanes', '--token-file', token])).err).to.contain('ERR_TOKEN_INVALID');
    const remote = await run(['lanes', '--url', 'http://10.0.0.1:8080']);
    expect([remote.code, remote.err]).to.satisfy(([code, err]: [number, string]) => code === 2 && err.includes('ERR_CONFIG_UNSAFE'));
  });

  it('keep the token from other accounts and from one start to the next', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'passerelle-token-'));
    const token = await prepareToken(folder);
    const file = path.join(folder, 'admin.token');
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    await chmod(file, 0o644);
    expect(await prepareToken(folder)).to.equal(token);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    await publishUrl(folder, 'http://127.0.0.1:8080');
    expect(await readAccess({ data: folder })).to.deep.equal({ url: 'http://127.0.0.1:8080', token });
    await withdrawUrl(folder);
    expect(await readAccess({ data: folder }).catch((error: unknown) => error)).to.include({ code: 'ERR_ENGINE_UNREACHABLE' });
    await rm(folder, { recursive: true });
  });
});
