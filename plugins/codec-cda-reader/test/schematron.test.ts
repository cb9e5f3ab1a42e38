import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { parseXmlDocument } from 'slimdom';
import { compileRules, runRules } from '../rules/schematron/index.ts';

const SCH = 'xmlns="http://purl.oclc.org/dsdl/schematron"';
const MAIN = `<schema ${SCH} defaultPhase="all"><ns prefix="h" uri="urn:hl7-org:v3"/>
  <include href="abstract/in.sch"/><include href="include/codes%20a.sch"/>
  <phase id="all"><active pattern="codes"/><active pattern="order"/></phase>
  <pattern id="order">
    <let name="codes_set" value="'../sets/codes.xml'"/>
    <rule context="h:a[@x] | h:b"><assert test="@x = 'one | two'">[order] a or b: <value-of select="@x"/></assert></rule>
    <rule context="h:a"><report test="true()">an a without x</report></rule>
  </pattern>
  <pattern id="off"><rule context="h:a"><assert test="false()">never</assert></rule></pattern>
</schema>`;
const ABSTRACT = `<pattern ${SCH} id="in" abstract="true"><rule context="$where">
  <let name="code" value="@code"/>
  <assert test="document($where_set)//concept[@code=$code]">not in the set: <value-of select="$where"/></assert></rule></pattern>`;
const CONCRETE = `\uFEFF<pattern ${SCH} id="codes" is-a="in"><param name="where" value="h:c"/><param name="where_set" value="$codes_set"/></pattern>`;

describe('schematron rules', () => {
  let root: string;
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  };
  const run = async (body: string, limit = 10) =>
    runRules(await compileRules(path.join(root, 'rules/main.sch')), parseXmlDocument(`<d xmlns="urn:hl7-org:v3">${body}</d>`), limit);
  const messages = async (body: string): Promise<string[]> => (await run(body)).failures.map(({ message, at }) => `${at} ${message}`);

  before(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'schematron-'));
    await write('rules/main.sch', MAIN);
    await write('rules/abstract/in.sch', ABSTRACT);
    await write('rules/include/codes a.sch', CONCRETE);
    await write('sets/codes.xml', '<set><concept code="1"/></set>');
  });
  after(() => rm(root, { recursive: true }));

  it('follows includes, abstract patterns, their parameters, and the sets of values that document() opens', async () => {
    expect(await messages('<c code="1"/><c code="2"/>')).to.deep.equal(['/d/c[2] not in the set: h:c']);
  });

  it('lets a node obey the first rule of a pattern that fits it, leaves an inactive pattern out, and says no value', async () => {
    expect(await messages('<a x="one | two"/><a x="SECRET"/><b x="no"/><a/>')).to.deep.equal([
      '/d/a[2] [order] a or b: @x',
      '/d/b[1] [order] a or b: @x',
      '/d/a[3] an a without x',
    ]);
  });

  it('stops at the limit of failures', async () => {
    expect((await run('<b/>'.repeat(50), 7)).failures.length).to.equal(7);
  });

  it('counts a test that cannot be made, and takes it for no failure', async () => {
    await write('rules/odd.sch', `<schema ${SCH}><pattern><rule context="a"><assert test="no-such-function()">x</assert></rule></pattern></schema>`);
    const result = runRules(await compileRules(path.join(root, 'rules/odd.sch')), parseXmlDocument('<a/>'), 10);
    expect(result).to.deep.equal({ failures: [], unevaluated: 1 });
  });
});
