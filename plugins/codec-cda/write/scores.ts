/** Writes the scores of an FRCP: pain, WHO performance status, geriatric screening, each in a section within that of functional status. */
import type { Coded, Rcp } from '../../../core/model/index.ts';
import { WHO_SCORES, type SectionName } from '../content/index.ts';
import { element } from '../xml-text.ts';
import { codedElement, codeElement, LOINC, Rows, TA, type Writer } from './sections.ts';
import { codeOnly } from './tumour.ts';

const PCC = '1.3.6.1.4.1.19376.1.5.3.1';

/** The model takes a code alone: a status that is known as a number has the code of that number. */
function statusOf(who: NonNullable<Rcp['who']>): Coded {
  const [code] = Object.entries(WHO_SCORES).find(([, score]) => score === who.score) ?? [];
  return who.code === undefined && code !== undefined ? { label: `Stade ${who.score}`, ...codeOnly(who), code, system: TA } : codeOnly(who);
}

/** The guide wants the section of pain wherever there is one of the others. */
export function scores(writer: Writer, rcp: Rcp): string {
  const { painScore: pain, who, geriatricScore: geriatric } = rcp;
  if (!pain && !who && !geriatric) return '';
  const inner: string[] = [];
  const add = (name: SectionName, heading: string, value: Rcp['painScore'], write: (row: string) => string): void => {
    const rows = new Rows(writer, heading);
    const row = rows.row(value?.score === undefined ? heading : `Score ${value.score}`, value && (value.text ?? value.label ?? value.code));
    inner.push(writer.section(name, undefined, rows.toString(), [write(row)]));
  };
  const number = (score: number | undefined): string => {
    const type = score === undefined || Number.isInteger(score) ? 'INT' : 'REAL';
    return element('value', { 'xsi:type': type, ...(score === undefined ? { nullFlavor: 'NI' } : { value: String(score) }) });
  };
  add('pain', 'Sévérité de la douleur', pain, (row) =>
    writer.statement({
      templates: [`${PCC}.4.13`, `${PCC}.1.12.3.1`, '1.2.250.1.213.1.1.3.89'],
      code: codeElement('code', ['38208-5', LOINC, 'Sévérité de la douleur']),
      row,
      time: writer.time(pain?.date),
      value: number(pain?.score),
    }),
  );
  if (who)
    add('who', 'Échelle de performance OMS', who, (row) =>
      writer.statement({
        attributes: { negationInd: 'false' },
        templates: [`${PCC}.4.13`, '2.16.840.1.113883.10.20.1.31', `${PCC}.1.12.3.6`, '1.2.250.1.213.1.1.3.25'],
        code: codeElement('code', ['MED-239', TA, 'Echelle de performance OMS']),
        row,
        time: writer.time(who.date),
        value: codedElement('value', statusOf(who), row),
      }),
    );
  if (geriatric)
    add('geriatric', 'Dépistage de la fragilité gériatrique', geriatric, (row) =>
      writer.statement({
        attributes: { negationInd: 'false' },
        templates: ['2.16.840.1.113883.10.20.1.31', `${PCC}.4.13`, `${PCC}.1.12.3.4`, '1.2.250.1.213.1.1.3.110'],
        code: codeElement('code', ['48544-1', LOINC, 'Score de la dépression gériatrique']),
        row,
        time: writer.time(geriatric.date),
        value: number(geriatric.score),
      }),
    );
  return writer.section('functional', 'Évaluation du statut fonctionnel', '', [], inner);
}
