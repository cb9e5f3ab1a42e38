/** `passerelle kit`: builds the interop kit of a site, and checks one. */
import { writeFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { verifyKit } from '../../kit/index.ts';
import { actor, clientOf, fail, jsonOption, printJson, withEngine, type Context, type EngineOptions } from '../context.ts';
import { readInput } from './send.ts';

interface BuildOptions extends EngineOptions {
  readonly connector: string;
  readonly site: string;
  readonly output?: string;
  readonly json?: boolean;
}

export function addKit(program: Command, context: Context): void {
  const kit = program.command('kit').description("kit d'interopérabilité d'un site / interop kit of a site");
  addBuild(kit, context);
  addVerify(kit, context);
}

function addBuild(kit: Command, context: Context): void {
  withEngine(kit.command('build'))
    .description('fait le kit signé d’un site / builds the signed kit of a site')
    .addOption(new Option('--connector <id>', 'connecteur du site / connector of the site').makeOptionMandatory())
    .addOption(new Option('--site <finess>', 'FINESS du site / of the site').makeOptionMandatory())
    .addOption(new Option('-o, --output <file>', 'archive à écrire ; sans lui, sous son nom / archive to write'))
    .addOption(jsonOption())
    .action(async ({ connector, site, output, json, ...options }: BuildOptions) => {
      try {
        const { bytes, ...built } = await (await clientOf(options)).kit({ connector, site, ...actor() });
        const file = output ?? built.name;
        await writeFile(file, bytes);
        if (json) printJson(context.io, { file, bytes: bytes.length, ...built });
        else
          context.io.out(
            `${file}  (${Math.ceil(bytes.length / 1024)} Ko, kit ${built.kitVersion}, ${connector} ${built.connectorVersion})\n` +
              `  SHA-256 ${built.sha256}\n` +
              `  Clé du moteur / engine's key: ${built.fingerprint}\n` +
              "  À lire au contact du site par un autre canal que l'archive. Elle ne contient aucun secret : le code d'enrôlement se donne à part.\n" +
              '  To be read out to the site. The archive holds no secret: the enrolment code is given apart.\n',
          );
      } catch (error) {
        fail(context, error);
      }
    });
}

function addVerify(kit: Command, context: Context): void {
  kit
    .command('verify')
    .argument('<file>', 'archive')
    .description("vérifie qu'un kit est entier et signé / checks that a kit is whole and signed")
    .addOption(new Option('--fingerprint <cle-du-moteur>', 'empreinte de la clé du moteur, lue par le référent / of the key of the engine, read out'))
    .addOption(jsonOption())
    .action(async (file: string, { fingerprint, json }: { fingerprint?: string; json?: boolean }) => {
      try {
        const verdict = verifyKit(await readInput(file), fingerprint);
        if (json) printJson(context.io, verdict);
        else
          context.io.out(
            `${verdict.folder} : entier, ${verdict.files} fichiers / whole, ${verdict.files} files\n` +
              `  Signé par la clé / signed by the key: ${verdict.fingerprint}\n` +
              (fingerprint === undefined
                ? '  À comparer avec celle que lit le référent. To be compared with the one that the referent reads out.\n'
                : ''),
          );
      } catch (error) {
        fail(context, error);
      }
    });
}
