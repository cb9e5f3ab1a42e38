/** Attacks on the launch from a web care record (SMART App Launch), each named by the rule it defends (SAFETY C, A). */
import { createHmac, createPublicKey } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { exportSPKI, importJWK, type JWK } from 'jose';
import { person, type Bend } from '../../plugins/app-sandbox/index.ts';
import { Launches, PATIENT, sentBack, type Answered } from '../call/launches.ts';
import { CALL, OTHER_SITE, SITE, refusal, settingsOf } from '../call/ground.ts';

type Json = Record<string, unknown>;
const b64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('SMART launch: attacks', function () {
  this.timeout(60_000);
  const world = new Launches();
  beforeEach(() => world.open());
  afterEach(() => world.close());

  /** What the browser is told, the check that the ledger names, and what was wrong. */
  const refused = async ({ status, body }: Answered): Promise<string> => {
    expect(status, JSON.stringify(body)).to.be.at.least(400);
    const entry = await world.ground.calls.face.entry(body.reference ?? '');
    expect(entry).to.include({ outcome: 'refused', kind: 'smart' });
    expect(JSON.stringify([entry, body]), 'no token, no identity').to.not.match(/eyJ|Bearer|client_assertion|K-00900|99700700042|258033|VALMOR/);
    if (body.code === 'ERR_CALL_ISSUER') expect(entry.keyId, 'who did not answer').to.match(/^\d{9}-dpi$/);
    return `${body.code} ${entry.check} ${entry.error?.code}`;
  };
  /** Its resources, one of them changed. */
  const changed = (type: string, change: (resource: Json) => Json): Bend => ({
    resource: (resource) => (resource['resourceType'] === type ? change({ ...resource }) : resource),
  });
  const identifiers = (resource: Json): Json[] => resource['identifier'] as Json[];

  it('C3 C4 C9: a right launch is given a code, and this is what the attacks below are held against', async () => {
    const { status, body } = await world.click();
    expect(status, JSON.stringify(body)).to.equal(200);
    const call = await world.ground.calls.desk.redeem(body.tab ?? '', '198.51.100.1');
    const { ins, insOid, birthName, givenNames, firstGivenName, birthDate, birthPlaceCog, sex, usedName } = person(1);
    expect(call.context).to.deep.include({ site: SITE, action: 'open', target: 'record' });
    expect(call.context.patient).to.deep.equal({
      ins,
      insOid,
      insStatus: 'VALI',
      identityStatus: 'QUAL',
      ipp: PATIENT,
      ippAuthority: '1.2.250.1.999.10.1',
      domain: 'dxcare',
      birthName,
      usedName,
      birthGivenNames: givenNames,
      firstGivenName,
      birthDate,
      birthPlaceCog,
      sex,
    });
    const { authentication, ...user } = call.context.user;
    expect(user).to.deep.equal({ login: 'm-essai', rpps: '99700700042', family: 'ESSAI', given: 'MAËL', profile: 'MEDECIN' });
    expect(authentication?.method).to.equal('other');
    expect(Date.now() - Date.parse(authentication?.time ?? ''), 'when the user was authenticated, not when the token was made').to.be.within(
      600_000,
      660_000,
    );
    expect(call).to.deep.include({ kind: 'smart', keyId: `${SITE}-dpi`, rights: { actions: ['open'], targets: ['record', 'rcp-preparation'] } });
    const entry = await world.ground.calls.face.entry(call.reference);
    expect(entry).to.include({ outcome: 'redeemed', kind: 'smart', site: SITE, profile: 'MEDECIN', keyId: `${SITE}-dpi`, authentication: 'other' });
    expect(JSON.stringify(entry)).to.not.match(new RegExp(`${ins}|${birthName}|${PATIENT}|99700700042|m-essai|Bearer`));
  });

  it('C1 a token that does not say when its user was authenticated says nothing of how', async () => {
    await world.use([world.issuerOf(world.dpi, { authentication: 'cps' })]);
    for (const time of [undefined, 'now', -1, 1.5, 1e18]) {
      world.dpi.bend({ claims: (claims) => ({ ...claims, auth_time: time }) });
      const { status, body } = await world.click();
      // The library refuses a time that is none.
      if (status !== 200) expect(await refused({ status, body }), String(time)).to.match(/^ERR_CALL_AUTHENTICATION signature/);
      else
        expect((await world.ground.calls.desk.redeem(body.tab ?? '', '198.51.100.1')).context.user, String(time)).to.not.have.property(
          'authentication',
        );
    }
  });

  it('C8 says who it is by the algorithm that the record takes, and asks for the least that its version knows', async () => {
    for (const algorithm of ['ES384', 'RS384']) {
      await world.use();
      world.dpi.bend({ configuration: (one) => ({ ...one, token_endpoint_auth_signing_alg_values_supported: [algorithm] }) });
      expect((await world.click()).status, algorithm).to.equal(200);
    }
    const scopeOf = async (permissions: string[]): Promise<string | null> => {
      await world.use();
      world.dpi.bend({ configuration: (one) => ({ ...one, capabilities: ['launch-ehr', ...permissions] }) });
      const left = await world.browser().launch(world.dpi.launch(PATIENT, 'm-essai'));
      return new URL(left.body.url ?? '').searchParams.get('scope');
    };
    expect(await scopeOf(['permission-v1', 'permission-v2'])).to.equal('openid fhirUser launch launch/patient patient/Patient.read');
    expect(await scopeOf(['permission-v2'])).to.equal('openid fhirUser launch launch/patient patient/Patient.r');
  });

  it('C9 a launch makes a record where the record, the site, the profile and the identity allow it, and only opens it elsewhere', async () => {
    const actionOf = async (patient = PATIENT): Promise<string | undefined> =>
      (await world.ground.calls.desk.redeem((await world.click(patient)).body.tab ?? '', '198.51.100.1')).context.action;
    const creating = world.issuerOf(world.dpi, { creation: true });
    await world.use([creating]);
    expect(await actionOf()).to.equal('open-or-create');
    world.dpi.bend(changed('Patient', ({ extension, ...rest }) => ({ ...rest, extension: (extension as unknown[]).slice(0, 1) })));
    expect(await actionOf(), 'no place of birth').to.equal('open');
    world.dpi.bend({});
    await world.use([world.issuerOf(world.dpi, { creation: true, profile: 'SECRETAIRE' })]);
    expect(await actionOf()).to.equal('open');
    await world.use([creating], { creation: false, users: [{ profile: 'MEDECIN', rights: ['open'] }] });
    expect(await actionOf()).to.equal('open');
  });

  it('C4 an iss that the site does not name is never asked anything (SSRF, open redirect)', async () => {
    const stranger = await world.standIn();
    const asked: string[] = [];
    stranger.bend(noting(asked));
    try {
      const launches = [
        stranger.launch(PATIENT, 'm-essai'),
        // Named by this site, launched for another one.
        world.dpi.launch(PATIENT, 'm-essai').replace(SITE, OTHER_SITE),
        ...['http://169.254.169.254/', 'file:///etc/passwd', `${world.dpi.fhir}/../x`, `${world.dpi.fhir}?x`, '', `${world.dpi.fhir}//`].map(
          (iss) => `${world.origin}/appel-contextuel/smart/${SITE}/lancer?${new URLSearchParams({ iss, launch: 'L' }).toString()}`,
        ),
      ];
      for (const launch of launches) {
        const left = await world.browser().launch(launch);
        expect(left.body, launch).to.not.have.property('url');
        expect(await refused(left), launch).to.equal('ERR_CALL_REFUSED key ERR_CALL_REFUSED');
      }
      expect(asked).to.deep.equal([]);
    } finally {
      await stranger.close();
    }
    // With the / that some put at its end it is the same record.
    const { searchParams } = new URL(world.dpi.launch(PATIENT, 'm-essai'));
    expect((await world.browser().post('launches', { site: SITE, iss: `${world.dpi.fhir}/`, launch: searchParams.get('launch') })).status).to.equal(
      200,
    );
  });

  it('C4 mix-up: what another record of the site gave does not pass for this one, whichever it is brought to', async () => {
    const other = await world.standIn('autre');
    try {
      await world.use([world.issuerOf(world.dpi), world.issuerOf(other, { name: 'autre' })]);
      expect((await world.click(PATIENT, 'm-essai', world.browser(), other)).status).to.equal(200);
      // The attacker's record hands the browser on to the honest one, and gets its code brought.
      const browser = world.browser();
      const left = await browser.launch(other.launch(PATIENT, 'm-essai'));
      const mine = await world.browser().launch(world.dpi.launch(PATIENT, 'm-essai'));
      const stolen = new URL(await sentBack(mine.body.url ?? ''));
      const brought = new URL(await sentBack(left.body.url ?? ''));
      brought.searchParams.set('code', stolen.searchParams.get('code') ?? '');
      expect(await refused(await browser.back(brought.href)), 'the code of another').to.match(/^ERR_CALL_AUTHENTICATION signature/);
      // The address of one with the state of the other.
      const next = world.browser();
      const away = new URL(await sentBack((await next.launch(other.launch(PATIENT, 'm-essai'))).body.url ?? ''));
      expect(await refused(await next.back(away.href.replace('-autre', '-dpi')))).to.equal('ERR_CALL_REFUSED signature ERR_CALL_REFUSED');
      // It says in the answer that it is another one (RFC 9207), or does not say who it is.
      for (const change of [(url: URL) => url.searchParams.set('iss', other.fhir), (url: URL) => url.searchParams.delete('iss')]) {
        world.dpi.bend({ back: (url) => (change(url), url) });
        expect(await refused(await world.click())).to.match(/^ERR_CALL_AUTHENTICATION signature/);
      }
      // Its token is of another issuer.
      world.dpi.bend({ claims: (claims) => ({ ...claims, iss: `${new URL(other.fhir).origin}/auth` }) });
      expect(await refused(await world.click())).to.match(/^ERR_CALL_AUTHENTICATION signature/);
    } finally {
      await other.close();
    }
  });

  it('C3 a state comes back once, in the browser that left with it, in ten minutes (CSRF, replay, fixation)', async () => {
    const browser = world.browser();
    const left = await browser.launch(world.dpi.launch(PATIENT, 'm-essai'));
    const back = await sentBack(left.body.url ?? '');
    expect(await refused(await world.browser().back(back)), 'another browser').to.equal('ERR_CALL_REFUSED signature ERR_CALL_REFUSED');
    const thief = world.browser();
    for (const [name] of browser.cookies) thief.cookies.set(name, 'x'.repeat(43));
    expect(await refused(await thief.back(back)), 'a cookie of its own').to.equal('ERR_CALL_REFUSED signature ERR_CALL_REFUSED');
    const kept = new Map(browser.cookies);
    expect((await browser.back(back)).status, 'its own browser').to.equal(200);
    expect(await refused(await browser.back(back)), 'the cookie is over').to.equal('ERR_CALL_REFUSED signature ERR_CALL_REFUSED');
    for (const [name, value] of kept) browser.cookies.set(name, value);
    expect(await refused(await browser.back(back)), 'a cookie that was kept').to.equal('ERR_CALL_REFUSED signature ERR_CALL_REPLAYED');
    // Too late.
    const slow = world.browser();
    const away = await sentBack((await slow.launch(world.dpi.launch(PATIENT, 'm-essai'))).body.url ?? '');
    world.ground.now += 10 * 60_000 + 1;
    expect(await refused(await slow.back(away))).to.equal('ERR_CALL_REFUSED signature ERR_CALL_REFUSED');
  });

  it('C3 a state is taken once after a restart and by another node too', async () => {
    const browser = world.browser();
    const left = await browser.launch(world.dpi.launch(PATIENT, 'm-essai'));
    const kept = new Map(browser.cookies);
    const back = await sentBack(left.body.url ?? '');
    expect((await browser.back(back)).status).to.equal(200);
    const node = await world.ground.node();
    const call = { ...CALL, profiles: { ...CALL.profiles, smart: [world.issuerOf(world.dpi)] } };
    await node.use(settingsOf(call, undefined, { publicUrl: world.origin }));
    const answer = Object.fromEntries(new URL(back).searchParams);
    const bytes = Buffer.from(JSON.stringify({ at: `${SITE}-dpi`, secret: [...kept.values()][0], answer }));
    const { reference } = await refusal(node.face.receive({ kind: 'smart', bytes, http: { method: 'POST', path: '' }, address: '127.0.0.1' }));
    expect((await node.face.entry(reference)).error?.code).to.equal('ERR_CALL_REPLAYED');
    node.stop();
  });

  it('C3 a browser that comes back to a node whose clock is behind, by no more than is taken of every call, comes back', async () => {
    const call = { ...CALL, profiles: { ...CALL.profiles, smart: [world.issuerOf(world.dpi)] } };
    for (const [behind, code] of [
      [60_000, undefined],
      [60_001, 'ERR_CALL_REFUSED'],
    ] as const) {
      const before = world.ground.now;
      // The care record's own clock runs: what it signs meanwhile is not to be ahead by more than that.
      world.ground.now = Date.now() + 5000;
      const browser = world.browser();
      const left = await browser.launch(world.dpi.launch(PATIENT, 'm-essai'));
      const answer = Object.fromEntries(new URL(await sentBack(left.body.url ?? '')).searchParams);
      const bytes = Buffer.from(JSON.stringify({ at: `${SITE}-dpi`, secret: [...browser.cookies.values()][0], answer }));
      world.ground.now -= behind;
      const node = await world.ground.node();
      await node.use(settingsOf(call, undefined, { publicUrl: world.origin }));
      const received = node.face.receive({ kind: 'smart', bytes, http: { method: 'POST', path: '' }, address: '127.0.0.1' });
      if (code === undefined) expect((await received).link).to.include(world.origin);
      else expect((await node.face.entry((await refusal(received)).reference)).error?.code, String(behind)).to.equal(code);
      node.stop();
      world.ground.now = before;
    }
  });

  it('C3 a code is good once, for whoever left with its challenge: one that somebody else got opens nothing', async () => {
    const victim = world.browser();
    const left = await victim.launch(world.dpi.launch(PATIENT, 'm-essai'));
    const stolen = new URL(await sentBack(left.body.url ?? '')).searchParams.get('code') ?? '';
    const thief = world.browser();
    const own = new URL(await sentBack((await thief.launch(world.dpi.launch('K-0090002', 'i-essai'))).body.url ?? ''));
    own.searchParams.set('code', stolen);
    expect(await refused(await thief.back(own.href)), 'injected: PKCE').to.match(/^ERR_CALL_AUTHENTICATION signature/);
    // And it is used up by that.
    const back = new URL(own);
    back.searchParams.set('state', new URL(left.body.url ?? '').searchParams.get('state') ?? '');
    expect(await refused(await victim.back(back.href))).to.match(/^ERR_CALL_AUTHENTICATION signature/);
  });

  const wrong: Readonly<Record<string, Bend>> = {
    'nonce of another launch': { claims: (claims) => ({ ...claims, nonce: 'n'.repeat(32) }) },
    'no nonce': { claims: (claims) => ({ ...claims, nonce: undefined }) },
    'wrong audience': { claims: (claims) => ({ ...claims, aud: 'another-client' }) },
    'several audiences, for another one': { claims: (claims) => ({ ...claims, aud: [String(claims.aud), 'another'], azp: 'another' }) },
    expired: { claims: (claims) => ({ ...claims, exp: Number(claims.iat) - 600 }) },
    'no expiry': { claims: (claims) => ({ ...claims, exp: undefined }) },
    'no subject': { claims: (claims) => ({ ...claims, sub: undefined }) },
    'no identity token': { tokens: (answer) => ({ ...answer, id_token: undefined }) },
    'alg none': { idToken: (_, claims) => `${b64({ alg: 'none' })}.${b64(claims)}.` },
    altered: { idToken: (token) => token.replace(/\.(\w{10})/, (_, head: string) => `.${head.split('').toReversed().join('')}`) },
    'signature of another token': {
      idToken: (token, claims) => [token.split('.')[0], b64({ ...claims, sub: 'i-essai' }), token.split('.')[2]].join('.'),
    },
  };
  for (const [name, bend] of Object.entries(wrong))
    it(`C4 identity token: ${name}`, async () => {
      world.dpi.bend(bend);
      expect(await refused(await world.click())).to.match(/^ERR_CALL_AUTHENTICATION signature/);
    });

  it('C4 identity token: HS256 with the public key of the record (algorithm confusion)', async () => {
    const { keys } = (await (await fetch(`${new URL(world.dpi.fhir).origin}/auth/jwks`)).json()) as { keys: [JWK] };
    const pem = await exportSPKI((await importJWK(keys[0], 'RS256')) as CryptoKey);
    const secrets = [pem, createPublicKey(pem).export({ format: 'der', type: 'spki' }), String(keys[0].n), 'passerelle-test'];
    for (const secret of secrets) {
      world.dpi.bend({
        idToken: (_, claims) => {
          const head = `${b64({ alg: 'HS256', kid: keys[0].kid })}.${b64(claims)}`;
          return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
        },
      });
      expect(await refused(await world.click())).to.match(/^ERR_CALL_AUTHENTICATION signature/);
    }
  });

  it('C4 a token that was made long ago is no call of now', async () => {
    world.dpi.bend({ claims: (claims) => ({ ...claims, iat: Number(claims.iat) - 200 }) });
    expect(await refused(await world.click())).to.equal('ERR_CALL_REFUSED time ERR_CALL_REFUSED');
  });

  it('C9 the patient of the token and of the resource are one: anything else opens nothing', async () => {
    const bends: Readonly<Record<string, Bend>> = {
      'another resource': changed('Patient', (resource) => ({ ...resource, id: 'K-0090002' })),
      'another type': changed('Patient', (resource) => ({ ...resource, resourceType: 'Person' })),
      merged: changed('Patient', (resource) => ({ ...resource, link: [{ other: { reference: 'Patient/2' }, type: 'replaced-by' }] })),
      inactive: changed('Patient', (resource) => ({ ...resource, active: false })),
    };
    for (const [name, bend] of Object.entries(bends)) {
      world.dpi.bend(bend);
      expect(await refused(await world.click()), name).to.equal('ERR_CALL_IDENTITY context ERR_CALL_IDENTITY');
    }
    world.dpi.bend({ tokens: (answer) => ({ ...answer, patient: undefined }) });
    expect(await refused(await world.click()), 'none').to.equal('ERR_CALL_CONTEXT context ERR_CALL_CONTEXT');
    world.dpi.bend({ tokens: (answer) => ({ ...answer, patient: '../Practitioner/m-essai' }) });
    expect(await refused(await world.click()), 'a path').to.equal('ERR_CALL_CONTEXT context ERR_CALL_CONTEXT');
  });

  it('A4 A7 a patient without a number that we know, with two, with a bad key or another environment, or in doubt, opens nothing', async () => {
    const ins = (value: string, system = 'urn:oid:1.2.250.1.213.1.4.10') => ({
      system,
      value,
      type: { coding: [{ code: 'INS-NIR' }] },
    });
    const cases: Readonly<Record<string, readonly [string, (resource: Json) => Json]>> = {
      'neither INS nor IPP': ['context', (one) => ({ ...one, identifier: [] })],
      'an IPP of an authority that is not the site’s': [
        'context',
        (one) => ({ ...one, identifier: [{ system: 'https://other.example/ipp', value: '7' }] }),
      ],
      'an OID of nobody': [
        'context',
        (one) => ({ ...one, identifier: [{ system: 'urn:oid:1.2.3', value: '7', type: { coding: [{ code: 'PI' }] } }] }),
      ],
      'the billing number of the insured, of a validated identity, alone': ['context', (one) => ({ ...one, identifier: identifiers(one).slice(2) })],
      'two statuses': ['context', (one) => ({ ...one, extension: [...(one['extension'] as Json[]), reliability('PROV')] })],
      'doubtful, said after validated': ['context', (one) => ({ ...one, extension: [...(one['extension'] as Json[]), reliability('DOUB')] })],
      'a number that is not qualified, alone': ['context', (one) => ({ ...one, extension: [], identifier: identifiers(one).slice(0, 1) })],
      'two INS': ['context', (one) => ({ ...one, identifier: [...identifiers(one), ins(person(2).ins)] })],
      'two IPP': ['context', (one) => ({ ...one, identifier: [...identifiers(one), { ...identifiers(one)[1], value: 'K-1' }] })],
      'a bad key': ['identity', (one) => ({ ...one, identifier: [ins(`${person(1).ins.slice(0, 13)}00`), identifiers(one)[1]] })],
      'a production number in test': [
        'identity',
        (one) => ({ ...one, identifier: [ins(person(1).ins, 'urn:oid:1.2.250.1.213.1.4.8'), identifiers(one)[1]] }),
      ],
      'two official names': [
        'context',
        (one) => ({ ...one, name: [...(one['name'] as Json[]), { use: 'official', family: 'AUTRE', given: ['X'] }] }),
      ],
      'no official name': ['context', (one) => ({ ...one, name: [{ family: 'AUTRE', given: ['X'] }] })],
    };
    for (const [name, [check, change]] of Object.entries(cases)) {
      world.dpi.bend(changed('Patient', change));
      expect(await refused(await world.click()), name).to.equal(`ERR_CALL_IDENTITY ${check} ERR_CALL_IDENTITY`);
    }
    for (const code of ['DOUB', 'COLP', 'USUR', 'ANOM', 'CACH', 'constructor', '']) {
      world.dpi.bend(changed('Patient', (one) => ({ ...one, extension: [reliability(code)] })));
      expect(await refused(await world.click()), code).to.equal('ERR_CALL_IDENTITY context ERR_CALL_IDENTITY');
    }
  });

  it('A4 A7 C9 a child whose record has the billing number of a parent, and no INS, is opened by its IPP alone, and nothing is qualified', async () => {
    world.dpi.bend(changed('Patient', (one) => ({ ...one, identifier: identifiers(one).slice(1) })));
    const { context } = await world.ground.calls.desk.redeem((await world.click()).body.tab ?? '', '198.51.100.1');
    expect(context.patient).to.include({ ipp: PATIENT, identityStatus: 'VALI' }).and.not.have.any.keys('ins', 'insOid', 'insStatus');
    expect(context.matching?.allowed).to.deep.equal(['ipp', 'traits']);
  });

  it('A7 numbers and names of before do not count, and an IPP by its OID is understood', async () => {
    world.dpi.bend(
      changed('Patient', (one) => ({
        ...one,
        identifier: [
          { ...identifiers(one)[1], use: 'old', value: 'K-OLD' },
          { ...identifiers(one)[1], period: { end: '2020-01-01' }, value: 'K-ENDED' },
          { system: 'urn:oid:1.2.250.1.999.10.1', value: 'K-OID', type: { coding: [{ code: 'PI' }] } },
        ],
        name: [...(one['name'] as Json[]), { use: 'official', family: 'AVANT', given: ['X'], period: { end: '2020-01-01' } }],
      })),
    );
    const { body } = await world.click();
    const { context } = await world.ground.calls.desk.redeem(body.tab ?? '', '198.51.100.1');
    expect(context.patient)
      .to.include({ ipp: 'K-OID', birthName: person(1).birthName })
      .and.not.have.property('ins');
  });

  it('C4 a user who is not a practitioner of this record, is inactive, or has two numbers, opens nothing', async () => {
    for (const fhirUser of [
      undefined,
      'Patient/1',
      'https://elsewhere.example/fhir/Practitioner/m-essai',
      'Person/1',
      'Practitioner/../Patient/1',
      7,
    ]) {
      world.dpi.bend({ claims: (claims) => ({ ...claims, fhirUser }) });
      expect(await refused(await world.click()), String(fhirUser)).to.equal('ERR_CALL_FORBIDDEN context ERR_CALL_FORBIDDEN');
    }
    const cases: Readonly<Record<string, (resource: Json) => Json>> = {
      'another one': (one) => ({ ...one, id: 'i-essai' }),
      'another type': (one) => ({ ...one, resourceType: 'Patient' }),
      inactive: (one) => ({ ...one, active: false }),
      'two numbers': (one) => ({ ...one, identifier: [...identifiers(one), { system: 'urn:oid:1.2.250.1.71.4.2.1', value: '899700700018' }] }),
    };
    for (const [name, change] of Object.entries(cases)) {
      world.dpi.bend(changed('Practitioner', change));
      expect(await refused(await world.click()), name).to.equal('ERR_CALL_FORBIDDEN context ERR_CALL_FORBIDDEN');
    }
    world.dpi.bend(changed('Practitioner', (one) => ({ ...one, identifier: [{ system: 'https://rpps.esante.gouv.fr', value: '99700700043' }] })));
    expect(await refused(await world.click()), 'a bad key').to.equal('ERR_CALL_CONTEXT context ERR_CALL_CONTEXT');
    world.dpi.bend({});
    expect(await refused(await world.click(PATIENT, 'i-essai')), 'no RPPS, for a profile that needs one').to.equal(
      'ERR_CALL_FORBIDDEN rights ERR_CALL_FORBIDDEN',
    );
  });

  it('C4 C8 rights, disabled users and sites, egress and removed records are those of every call', async () => {
    const issuers = [world.issuerOf(world.dpi)];
    await world.use(issuers, { disabledUsers: ['99700700042'] });
    expect(await refused(await world.click())).to.equal('ERR_CALL_FORBIDDEN rights ERR_CALL_FORBIDDEN');
    await world.use(issuers, { egress: ['198.51.100.0/24'] });
    expect(await refused(await world.click())).to.equal('ERR_CALL_REFUSED key ERR_CALL_FORBIDDEN');
    await world.use(issuers, { disabled: true });
    expect(await refused(await world.click())).to.equal('ERR_CALL_REFUSED key ERR_CALL_FORBIDDEN');
    // Once more when the browser is back.
    for (const over of [{ disabled: true }, { egress: ['198.51.100.0/24'] }]) {
      await world.use(issuers);
      const browser = world.browser();
      const back = await sentBack((await browser.launch(world.dpi.launch(PATIENT, 'm-essai'))).body.url ?? '');
      await world.use(issuers, over);
      expect(await refused(await browser.back(back))).to.equal('ERR_CALL_FORBIDDEN site ERR_CALL_FORBIDDEN');
    }
    await world.use([world.issuerOf(world.dpi, { profileClaim: 'role' })]);
    world.dpi.bend({ claims: (claims) => ({ ...claims, role: 'STAGIAIRE' }) });
    expect(await refused(await world.click())).to.equal('ERR_CALL_FORBIDDEN rights ERR_CALL_FORBIDDEN');
    world.dpi.bend({});
    await world.use(issuers);
    const { body } = await world.click();
    await world.use([world.issuerOf(world.dpi, { name: 'autre' })]);
    const gone = await world.ground.calls.desk.redeem(body.tab ?? '', '198.51.100.1').catch((error: { code: string }) => error.code);
    expect(gone).to.equal('ERR_CALL_LINK');
  });

  it('C4 a profile that the token says otherwise than in one text does not become that of the settings', async () => {
    await world.use([world.issuerOf(world.dpi, { profileClaim: 'role' })]);
    const profileOf = async (role: unknown): Promise<string | undefined> => {
      world.dpi.bend({ claims: (claims) => ({ ...claims, role }) });
      const answered = await world.click();
      if (answered.status !== 200) return refused(answered);
      return (await world.ground.calls.desk.redeem(answered.body.tab ?? '', '198.51.100.1')).context.user.profile;
    };
    expect(await profileOf(undefined), 'not said').to.equal('MEDECIN');
    for (const role of ['SECRETAIRE', ['SECRETAIRE']]) expect(await profileOf(role), JSON.stringify(role)).to.equal('SECRETAIRE');
    for (const role of [['SECRETAIRE', 'MEDECIN'], [], [['SECRETAIRE']], [7], null, 7, true, '', { role: 'SECRETAIRE' }])
      expect(await profileOf(role), JSON.stringify(role)).to.equal('ERR_CALL_FORBIDDEN context ERR_CALL_FORBIDDEN');
  });

  it('C4 C8 a record that two sites name as one client launches neither of them: its browser does not say which', async () => {
    const smart = [world.issuerOf(world.dpi)];
    const call = { ...CALL, profiles: { smart } };
    // `check` refuses it: as if two sites were there that it had not seen together.
    const own = settingsOf(call, undefined, { publicUrl: world.origin });
    const other = settingsOf({ ...CALL, profiles: {} }, call, { publicUrl: world.origin });
    const browser = world.browser();
    const back = await sentBack((await browser.launch(world.dpi.launch(PATIENT, 'm-essai'))).body.url ?? '');
    await world.ground.calls.use({ ...own, sites: new Map([...own.sites, [OTHER_SITE, other.sites.get(OTHER_SITE)!]]) });
    expect(await refused(await browser.back(back)), 'on its way').to.equal('ERR_CALL_REFUSED key ERR_CALL_REFUSED');
    for (const site of [SITE, OTHER_SITE]) {
      const launch = world.dpi.launch(PATIENT, 'm-essai').replace(SITE, site);
      expect(await refused(await world.browser().launch(launch)), site).to.equal('ERR_CALL_REFUSED key ERR_CALL_REFUSED');
    }
  });

  it('C4 a record that is huge, redirects, fails or says nothing sensible opens nothing, and is said to be the one', async () => {
    const silent = 'ERR_CALL_ISSUER';
    const bends: Readonly<Record<string, Bend>> = {
      'a huge patient': changed('Patient', (one) => ({ ...one, text: 'x'.repeat(300_000) })),
      'a patient that is elsewhere': answering('/fhir/Patient/', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/x' }).end()),
      'an error': answering('/fhir/Patient/', (response) => response.writeHead(500).end()),
      cut: answering('/fhir/Patient/', (response) => response.destroy()),
      'a token endpoint that fails': answering('/auth/token', (response) => response.writeHead(503).end()),
    };
    for (const [name, bend] of Object.entries(bends)) {
      world.dpi.bend(bend);
      expect(await refused(await world.click()), name).to.match(new RegExp(`^${silent} (signature|context) ${silent}`));
    }
    world.dpi.bend(answering('/fhir/Patient/', (response) => response.writeHead(200).end('{"id":"1","id":"2"}')));
    expect(await refused(await world.click()), 'a key twice').to.equal('ERR_CALL_CONTEXT context ERR_CALL_CONTEXT');
    world.dpi.bend(answering('/fhir/Patient/', (response) => response.writeHead(200).end('['.repeat(5000) + ']'.repeat(5000))));
    expect(await refused(await world.click()), 'very deep').to.equal('ERR_CALL_CONTEXT context ERR_CALL_CONTEXT');
  });

  it('C4 a record whose own document names other places, or no PKCE, is not gone to', async () => {
    const documents: Readonly<Record<string, (document: Readonly<Json>) => Readonly<Json>>> = {
      'a token endpoint elsewhere': (one) => ({ ...one, token_endpoint: 'https://evil.example.test/token' }),
      'keys elsewhere': (one) => ({ ...one, jwks_uri: 'http://127.0.0.1:1/jwks' }),
      'a login page elsewhere (open redirect)': (one) => ({ ...one, authorization_endpoint: 'https://evil.example.test/authorize' }),
      'a script as a login page': (one) => ({ ...one, authorization_endpoint: 'javascript:alert(1)' }),
      'an issuer elsewhere': (one) => ({ ...one, issuer: 'https://evil.example.test' }),
      'no PKCE': (one) => ({ ...one, code_challenge_methods_supported: ['plain'] }),
      'no launch': (one) => ({ ...one, capabilities: ['launch-standalone'] }),
    };
    for (const [name, configuration] of Object.entries(documents)) {
      await world.use();
      world.dpi.bend({ configuration });
      const left = await world.browser().launch(world.dpi.launch(PATIENT, 'm-essai'));
      expect(await refused(left), name).to.equal('ERR_CALL_ISSUER key ERR_CALL_ISSUER');
    }
  });

  it('C4 private addresses are not spoken to unless the settings say so', async () => {
    const { dpi } = world;
    const asked: string[] = [];
    dpi.bend(noting(asked));
    // By its address, and by a name that stands for it.
    for (const fhir of ['https://127.0.0.1:4430/fhir', 'https://localhost:4430/fhir', 'https://10.1.2.3/fhir']) {
      await world.use([world.issuerOf(dpi, { fhir, privateAddresses: false })]);
      const left = await world.browser().post('launches', { site: SITE, iss: fhir, launch: 'L' });
      expect(await refused(left), fhir).to.equal('ERR_CALL_ISSUER key ERR_CALL_ISSUER');
      const entry = await world.ground.calls.face.entry(left.body.reference ?? '');
      expect(entry.error?.found, fhir).to.include('private');
    }
    expect(asked).to.deep.equal([]);
  });
});

const reliability = (code: string): Json => ({
  url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability',
  extension: [{ url: 'identityStatus', valueCoding: { code } }],
});
const answering = (path: string, answer: (response: ServerResponse) => void): Bend => ({
  instead: (request, response) => {
    if (!request.url?.startsWith(path)) return false;
    answer(response);
    return true;
  },
});
const noting = (asked: string[]): Bend => ({
  instead: (request) => {
    asked.push(request.url ?? '');
    return false;
  },
});
