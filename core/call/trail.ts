/** The checks of a call as they are made, in the order of the protocol: production and debugger go the same way, and the trail says how far. */
import { explain, type CallCheck, type ErrorData } from '../contract/index.ts';

export const STEPS = {
  size: [1, 'Taille'],
  rate: [2, "Débit de l'adresse"],
  decryption: [3, 'Déchiffrement'],
  key: [4, 'Clé du site'],
  signature: [5, 'Signature'],
  context: [6, 'Contexte : JSON, clés, valeurs'],
  audience: [7, 'Destinataire et environnement'],
  time: [8, 'Heure'],
  site: [9, 'Site de la clé, profil admis'],
  nonce: [10, 'Usage unique'],
  rights: [11, 'Utilisateur, profil, droits'],
  identity: [12, 'Identité du patient'],
} as const;
export type StepName = keyof typeof STEPS;

/** What to do about a step whose code is one for several reasons. */
const FIXES: Readonly<Partial<Record<StepName, { readonly fr: string; readonly en: string }>>> = {
  decryption: {
    fr: 'Chiffrer avec la clé que donne GET v1/keys de ce moteur (gardée 24 h au plus), et envoyer le jeton tel quel.',
    en: 'Encrypt to the key that GET v1/keys of this engine gives (kept for 24 hours at most), and send the token as it is.',
  },
  key: {
    fr: 'Vérifier que la clé du site est enrôlée, confirmée et non révoquée : passerelle call key list.',
    en: 'Check that the key of the site is enrolled, confirmed and not revoked: passerelle call key list.',
  },
  signature: {
    fr: 'Signer les octets exacts qui sont envoyés, avec la clé privée du site.',
    en: 'Sign the very bytes that are sent, with the private key of the site.',
  },
  time: {
    fr: "Remettre à l'heure (NTP) la machine qui signe ; un appel vaut 60 secondes et ne se garde pas.",
    en: 'Set the clock (NTP) of the machine that signs; a call is good for 60 seconds and is not kept.',
  },
  rights: {
    fr: "Ce que l'appel ne dit pas de l'utilisateur, le relais du kit l'ajoute d'après comptes.json : y donner le profil et le RPPS du compte. Pour essayer un appel sans relais, les y écrire (/profil: et /rpps: d'une ligne, user.profile et user.rpps d'un contexte).",
    en: 'What the call does not say of the user, the relay of the kit adds from comptes.json: give the account its profile and RPPS number there. To try a call without a relay, write them into it (user.profile and user.rpps of a context).',
  },
  site: { fr: 'Mettre dans iss le FINESS du site dont la clé signe.', en: 'Put the FINESS of the site whose key signs into iss.' },
};

/** The same of a key that signed and is not good; KID stands for it. */
const KEY_FIXES: readonly { readonly found: RegExp; readonly fr: string; readonly en: string }[] = [
  {
    found: /^a key that waits/,
    fr: 'La confirmer, son empreinte lue au téléphone par le contact du site : passerelle call key confirm KID "EMPREINTE-DU-SITE".',
    en: 'Confirm it, once the contact of the site read its fingerprint out: passerelle call key confirm KID "FINGERPRINT-OF-THE-SITE".',
  },
  {
    found: /^a key that (was revoked|its successor)/,
    fr: "Le site signe encore avec une clé qui n'a plus cours : y mettre celle qui la remplace, sinon donner un code et en enrôler une autre (passerelle call key list, passerelle call key invite).",
    en: 'The site still signs with a key that is over: put its successor there, or give a code and enrol another one (passerelle call key list, passerelle call key invite).',
  },
];

/** An error with what to do about it, of its step where that says it better than its code. */
export function explainAt(step: string | undefined, error: ErrorData, kid = 'KID'): ReturnType<typeof explain> {
  const { code, found = '' } = error;
  const isOfStep = code === 'ERR_CALL_REFUSED' || (code === 'ERR_CALL_FORBIDDEN' && /^no (profile|RPPS)/.test(found));
  // One in 64 begins as an option does.
  const argument = kid.startsWith('-') ? `-- ${kid}` : kid;
  const ofKey = KEY_FIXES.find((one) => one.found.test(found));
  const fix = !isOfStep
    ? undefined
    : ofKey
      ? { fr: ofKey.fr.replace('KID', argument), en: ofKey.en.replace('KID', argument) }
      : FIXES[step as StepName];
  return { ...explain(error), ...(fix && { fix }) };
}

/** From here on the caller is who it says, and is told what is wrong. */
export const TOLD_FROM = STEPS.context[0];

export class Trail {
  readonly warnings: string[] = [];
  readonly #checks: CallCheck[] = [];
  #current: { readonly name: StepName; shown?: Readonly<Record<string, unknown>>; warned: boolean } | undefined;

  readonly #isShown: boolean;

  /** `isShown`: for people, with what was read; production keeps the way alone. */
  constructor(isShown = false) {
    this.#isShown = isShown;
  }

  /** The step before has passed. */
  at(name: StepName): void {
    this.#close('passed');
    this.#current = { name, warned: false };
  }

  get current(): StepName {
    return this.#current?.name ?? 'size';
  }

  /** What was read, without secrets. */
  show(fields: () => Readonly<Record<string, unknown>>): void {
    if (this.#isShown && this.#current) this.#current.shown = { ...this.#current.shown, ...fields() };
  }

  warn(...codes: readonly string[]): void {
    this.warnings.push(...codes.filter((code) => !this.warnings.includes(code)));
    if (this.#current && codes.length > 0) this.#current.warned = true;
  }

  /** All steps, in order; the last one begun failed when there is an error, and those never begun are skipped. */
  checks(error?: ErrorData): readonly CallCheck[] {
    this.#close(error ? 'failed' : 'passed', error);
    return Object.entries(STEPS).map(
      ([name, [step, fr]]) => this.#checks.find((one) => one.name === name) ?? { step, name, fr, result: 'skipped' as const },
    );
  }

  #close(result: 'passed' | 'failed', error?: ErrorData): void {
    if (!this.#current) return;
    const { name, shown, warned } = this.#current;
    const [step, fr] = STEPS[name];
    this.#checks.push({
      step,
      name,
      fr,
      result: result === 'passed' && warned ? 'warned' : result,
      ...(shown && { shown }),
      ...(error && { error: explainAt(name, error, typeof shown?.['kid'] === 'string' ? shown['kid'] : undefined) }),
    });
    this.#current = undefined;
  }
}
