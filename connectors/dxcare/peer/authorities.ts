/** Authorities of the simulated hospital; invented OIDs. */
export const IPP_AUTHORITY = { namespace: 'DXCARE', oid: '1.2.250.1.999.10.1' } as const;
export const STAY_AUTHORITY = { namespace: 'DXCARE', oid: '1.2.250.1.999.10.2' } as const;
export const INS_TEST_OID = '1.2.250.1.213.1.4.10';
/** FINESS and name of the establishment. */
export const ESTABLISHMENT = { finess: '990001018', name: "CENTRE HOSPITALIER FICTIF DE L'ESTUAIRE" } as const;
/** Root of the ids of documents made here. */
export const DOCUMENT_ROOT = '1.2.250.1.999.10.20';
