import { expect } from 'chai';
import { decodeBase64 } from '../../../core/contract/index.ts';
import { nationalTypeOf, recogniseModel } from '../../codec-cda/index.ts';
import { plugin, validate } from '../index.ts';
import { needs, readShared, sharedFile } from '../../codec-cda/test/official-files.ts';

/** Path, level, id, code, model and its version, size of the body: read from the files by another parser. */
const OFFICIAL: readonly (readonly [string, 'N1' | 'N3', string, string, string, number?])[] = [
  [
    'cda/testcontenu-2.41/ExemplesCDA/CANCER-FRCP_2021.01_Appareil.xml',
    'N3',
    'E1B0A1C8-4761-4818-A498-78FD178CB36A',
    '34794-8',
    'CANCER-FRCP 2021.01',
  ],
  ['cda/testcontenu-3.0/ExemplesCDA/BIO-CR-BIO_2021.01_CDA-R2-Niveau-1.xml', 'N1', '1.2.250.1.213.1.1.1.55.2021.3.1', '11502-2', '', 326650],
  [
    'cda/testcontenu-3.0/ExemplesCDA/BIO-CR-BIO_2024.01_CR-2nde-intention-PDF.xml',
    'N3',
    '1.2.250.1.213.1.1.1.55.2024.1.1',
    '11502-2',
    'BIO-CR-BIO 2024.01',
  ],
  [
    'cda/testcontenu-3.0/ExemplesCDA/BIO-CR-BIO_2024.01_DEP-CCU-tout-structuré.xml',
    'N3',
    '1.2.250.1.213.1.1.1.55.2024.4.1',
    '11502-2',
    'BIO-CR-BIO 2024.01',
  ],
  [
    'cda/testcontenu-3.0/ExemplesCDA/CANCER-CR-GM_2022.01_AnalyseRealisee.xml',
    'N3',
    '1.2.250.1.213.1.1.1.32.2022.2.1',
    '51969-4',
    'CANCER-CR-GM 2022.01',
  ],
  ['cda/testcontenu-3.0/ExemplesCDA/CANCER-D2LM-FIN_2022.01.xml', 'N3', '1.2.250.1.213.1.1.1.27.2022.1.1', '18748-4', 'CANCER-D2LM-FIN 2022.01'],
  ['cda/testcontenu-3.0/ExemplesCDA/CANCER-FRCP_2022.01_Appareil.xml', 'N3', '1.2.250.1.213.1.1.1.8.2022.1.1', '34794-8', 'CANCER-FRCP 2022.01'],
  [
    'cda/testcontenu-3.0/ExemplesCDA/CANCER-PPS_2022.01_feuille-de-style-externe.xml',
    'N3',
    '1.2.250.1.213.1.1.1.26.2022.2.1',
    '18776-5',
    'CANCER-PPS 2022.01',
  ],
  ['cda/testcontenu-3.0/ExemplesCDA/DOC_NON_STRUCTURE_CDA-R2-N1.xml', 'N1', '1.3.6.1.4.1.19376.1.2.20.12345.1.1', '11502-2', '', 326650],
  [
    'cda/testcontenu-3.0/ExemplesCDA/IMG-DA-IMG_2024.01_Mammo-Echo-Seins.xml',
    'N3',
    '1.2.250.1.213.1.1.1.47.2024.1.1',
    '55115-0',
    'IMG-DA-IMG 2024.01',
  ],
  [
    'cda/testcontenu-3.0/ExemplesCDA/IMG-DA-IMG_2024.01_Radiographie_IRM_Genou.xml',
    'N3',
    '1.2.250.1.213.1.1.1.47.2024.4.1',
    '55115-0',
    'IMG-DA-IMG 2024.01',
  ],
  [
    'cda/testcontenu-3.0/ExemplesCDA/IMG-DA-IMG_2024.01_Radiographie_Scanner_Genou.xml',
    'N3',
    '1.2.250.1.213.1.1.1.47.2024.5.1',
    '55115-0',
    'IMG-DA-IMG 2024.01',
  ],
  ['cda/testcontenu-3.0/ExemplesCDA/IMG-DA-IMG_2024.01_TEP_Thorax.xml', 'N3', '1.2.250.1.213.1.1.1.47.2024.7.1', '55115-0', 'IMG-DA-IMG 2024.01'],
  ['cda/testcontenu-3.0/ExemplesCDA/IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml', 'N1', '1.2.250.1.213.1.1.1.45.2024.2.1', '18748-4', '', 61736],
  ['cda/testcontenu-3.0/ExemplesCDA/LDL-SES_2022.01.xml', 'N3', '1.2.250.1.213.1.1.1.29.2022.1.1', '11490-0', 'LDL-SES 2022.01'],
  [
    'cda/testcontenu-3.0/ExemplesCDA/TLM-DA_2022.01_TCG_anamnèse-non-structurée.xml',
    'N3',
    '1.2.250.1.213.1.1.1.38.2022.2.1',
    '75496-0',
    'TLM-DA 2022.01',
  ],
  [
    'cda/testcontenu-3.0/ExemplesCDA/TLM-DA_2022.01_TE1_anamnèse-non-structurée.xml',
    'N3',
    '1.2.250.1.213.1.1.1.38.2022.3.1',
    '75496-0',
    'TLM-DA 2022.01',
  ],
  ['hl7v2/lps-mss-v1.0/mdm-init/CR_Radio_CDAN1_v1.XML', 'N1', '1.2.250.1.71.4.2.2.120456789', '18748-4', '', 179764],
  ['hl7v2/lps-mss-v1.1/mdm-init/CR_Radio_CDAN1_v1.XML', 'N1', '1.2.250.1.71.4.2.2.120456789.71024000081', '18748-4', '', 179764],
  ['hl7v2/lps-mss-v1.1/mdm-replace/CR_Radio_CDAN1_v2.XML', 'N1', '1.2.250.1.71.4.2.2.120456789.71024000082', '18748-4', '', 179764],
  ['hl7v2/ris-cda-metadata/suppression_cr_imagerie.xml', 'N1', '1.2.250.1.213.4.5.4.403', '18748-4', '', 167030],
  ['hl7v2/ris-cda-metadata/transmission_initiale_cr_imagerie.xml', 'N1', '1.2.250.1.213.4.5.4.402', '18748-4', '', 167030],
  ['hl7v2/trans-cda-v2.0/mdm-init/CR_Radio_CDAN1_v1.XML', 'N1', '1.2.250.1.71.4.2.2.120456789', '18748-4', '', 179764],
  ['hl7v2/trans-cda-v2.1-twodocs/oru-delete-n1-n3/CR_Bio_CDA_Niv1_v2.XML', 'N1', '1.2.250.1.213.1.1.11', '11502-2', 'XD-LAB 2021.01', 326650],
  ['hl7v2/trans-cda-v2.1-twodocs/oru-delete-n1-n3/CR_Bio_CDA_Niv3_v2.XML', 'N3', '1.2.250.1.213.1.1.12', '11502-2', 'XD-LAB 2021.01'],
  ['hl7v2/trans-cda-v2.1-twodocs/oru-init-n1-n3/CR_Bio_CDA_Niv1_v1.XML', 'N1', '1.2.250.1.213.1.1.9', '11502-2', '', 326650],
  ['hl7v2/trans-cda-v2.1-twodocs/oru-init-n1-n3/CR_Bio_CDA_Niv3_v1.XML', 'N3', '1.3.6.1.4.1.19376.1.3.3.4', '11502-2', 'BIO-CR-BIO'],
  ['hl7v2/trans-cda-v2.1/mdm-delete/CR_Radio_CDAN1_v2.XML', 'N1', '1.2.250.1.71.4.2.2.120456789.71024000082', '18748-4', '', 179764],
  ['hl7v2/trans-cda-v2.1/mdm-init/CR_Radio_CDAN1_v1.XML', 'N1', '1.2.250.1.71.4.2.2.120456789.71024000081', '18748-4', '', 179764],
  ['hl7v2/trans-cda-v2.1/oru-init-n3/SEGUR_CR-BIO_2023.01_Electrophorese.xml', 'N3', '1.2.250.1.213.1.1.12', '11502-2', 'BIO-CR-BIO 2023.01'],
  ['hl7v2/trans-cda-v2.1/oru-replace-n3/SEGUR_CR_Bio_CDA_Niv3_v2.xml', 'N3', '1.2.250.1.213.1.1.13', '11502-2', 'BIO-CR-BIO 2023.01'],
  ['dicom/drimbox/DOC00002.xml', 'N1', '2.25.308558515749272265601084678280819623195.3.2.1.261020211239', '18748-4', '', 106192],
];

const SCHEMAS = 'specs/cda/testcontenu-3.0/infrastructure/cda';

describe('official CDA documents (skipped when the folder of specifications is absent)', () => {
  for (const [file, level, id, code, model, bytes] of OFFICIAL) {
    it(`reads ${file}`, function () {
      needs(this, 'specs', file);
      const content = readShared('specs', file);
      expect(plugin.document!.recognises('text/xml', content)).to.equal(true);
      const { cda, unreadable } = plugin.document!.read(content);
      expect(unreadable).to.equal(undefined);
      const found = recogniseModel(cda!);
      expect([cda!.level, cda!.id!.root, cda!.code!.code, [found?.name, found?.version].filter(Boolean).join(' '), cda!.body?.bytes]).to.deep.equal([
        level,
        id,
        code,
        model,
        bytes,
      ]);
      expect(cda!.patient.ids[0]!.extension).to.equal(insIn(content));
      expect(cda!.patient.birthDate).to.match(/^\d{8}$/);
      expect(cda!.author?.ids[0]?.root).to.equal('1.2.250.1.71.4.2.1');
      expect(cda!.serviceStart).to.match(/^\d{8}/);
      expect(cda!.body?.unreadable).to.equal(undefined);
    });
  }

  it('are valid against the official schema, those of the content tests', async function () {
    needs(this, SCHEMAS);
    for (const [file] of OFFICIAL.filter(([name]) => name.includes('testcontenu-3.0'))) {
      const findings = await validate(readShared('specs', file), sharedFile(SCHEMAS));
      expect(
        findings.filter(({ severity }) => severity === 'error'),
        file,
      ).to.deep.equal([]);
    }
  });
});

/** The first id under an INS authority, found in the text. */
function insIn(content: Buffer): string | undefined {
  return /<id(?=[^>]*root="1\.2\.250\.1\.213\.1\.4\.\d+")[^>]*extension="(\d+)"/.exec(content.toString('latin1'))?.[1];
}

describe('CDA documents inside vendor samples (skipped when the folder of samples is absent)', () => {
  const SAMPLES: readonly (readonly [string, string, string, string])[] = [
    ['kprocess/01_outgoing_pps_mdm.hl7', '1.2.250.1.999.20.2026.9100', '18776-5', ''],
    ['hopital-manager/02_mdm_t02_cda_n1.mllp', '1.2.250.1.999.30.2026.501', '34794-8', 'FRCP'],
    ['crossway/02_mdm_cr_acp.hl7', '1.2.250.1.999.40.771', '11526-1', 'CR-ACP'],
  ];
  for (const [file, id, code, type] of SAMPLES) {
    it(`reads the one of ${file}`, function () {
      needs(this, 'vendors/samples', file);
      const base64 = /PD94bWwg[A-Za-z0-9+/=]{1000,}/.exec(readShared('vendors/samples', file).toString('latin1'))![0];
      const { cda } = plugin.document!.read(decodeBase64(base64).content);
      expect([cda!.id!.root, cda!.code!.code, nationalTypeOf(cda!.code!.code)?.type ?? '']).to.deep.equal([id, code, type]);
      expect(cda!.patient.ids[0]!.root).to.equal('1.2.250.1.213.1.4.10');
      expect(cda!.body).to.include({ mediaType: 'application/pdf', pdfaMark: '1B' });
    });
  }

  it('reads the one of a message carried by secure mail', function () {
    needs(this, 'vendors/samples/mssante/04_mail_hl7_mdm_frcp.eml');
    const mail = readShared('vendors/samples/mssante/04_mail_hl7_mdm_frcp.eml').toString('latin1');
    const message = decodeBase64(/\r?\n\r?\n(TVNI[A-Za-z0-9+/=\s]+)/.exec(mail)![1]!).content;
    const base64 = /PD94bWwg[A-Za-z0-9+/=]{1000,}/.exec(Buffer.from(message).toString('latin1'))![0];
    const { cda } = plugin.document!.read(decodeBase64(base64).content);
    expect([cda!.level, cda!.code!.code, cda!.patient.ids[0]!.root]).to.deep.equal(['N1', '34794-8', '1.2.250.1.213.1.4.10']);
  });

  it('reads the one of a vendor API call', function () {
    needs(this, 'vendors/samples/rofim/01_post_cdar2_n3.http');
    const http = readShared('vendors/samples/rofim/01_post_cdar2_n3.http');
    const { cda } = plugin.document!.read(http.subarray(http.indexOf('<?xml')));
    expect(cda).to.include({ level: 'N3', title: 'FRCP Sein' });
    expect(recogniseModel(cda!)).to.include({ type: 'FRCP', version: '2022.01' });
  });
});
