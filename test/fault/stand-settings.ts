/** The region of the fault tests, as the settings document an operator would write. */
export interface StandPorts {
  /** Endpoint that answers once a message is decided, and one that answers once it is stored. */
  readonly inbound: readonly [number, number];
  readonly receiver: number;
  readonly archive: number;
  readonly record: number;
}

/** Ambiguity of documents at the archive is for a person; the others honour control ids. */
export const settingsOf = (ports: StandPorts, ackTimeoutMs: number): string => `
kind: site
site: '990001018'
name: Hôpital fictif
role: establishment
environment: test
timeZone: Europe/Paris
identityAuthorities:
  - { namespace: DXCARE, oid: 1.2.250.1.999.10.1, type: PI, domain: fictif, use: IPP }
  - { namespace: DXCARE, oid: 1.2.250.1.999.10.2, type: AN, domain: fictif-sejour, use: IEP }
  - { namespace: DXCARE, oid: 1.2.250.1.999.10.2, type: VN, domain: fictif-sejour, use: IEP }
  - { namespace: DXCARE, oid: 1.2.250.1.999.10.2, domain: fictif-mouvement, use: MOVEMENT }
senders:
  - { application: DXCARE, insAuthority: true }
documentTypes:
  - { system: DXC-TYPDOC, code: LDLSORTIE, type: LDL }
charsetFallback: windows-1252
connectors:
  - id: dxcare
    version: 0.1.0
    endpoints:
      - { name: hospital-in, direction: in, transport: mllp, port: ${ports.inbound[0]}, reply: decoded }
      - { name: emergency-in, direction: in, transport: mllp, port: ${ports.inbound[1]}, reply: stored }
---
kind: site
site: '990009995'
name: Dossier fictif
role: record
environment: test
timeZone: Europe/Paris
identityAuthorities:
  - { namespace: DXCARE, oid: 1.2.250.1.999.10.1, type: PI, domain: fictif, use: IPP }
connectors:
  - id: ci-sis
    version: 0.1.0
    settings: { ppacCode: none }
    endpoints:
      - name: receiver-out
        direction: out
        transport: mllp
        host: 127.0.0.1
        port: ${ports.receiver}
        connections: 4
        idempotent: true
        ackTimeoutMs: ${ackTimeoutMs}
        retry: { firstMs: 10, maxMs: 200, attempts: 1000 }
        sends: [dcc.identity.*, dcc.visit.*]
      - name: archive-out
        direction: out
        transport: mllp
        host: 127.0.0.1
        port: ${ports.archive}
        connections: 2
        duplicates: review
        ackTimeoutMs: ${ackTimeoutMs}
        retry: { firstMs: 10, maxMs: 200, attempts: 1000 }
        sends: [dcc.document.*]
  - id: k-process
    version: 0.1.0
    endpoints:
      - name: record-out
        direction: out
        transport: https
        baseUrl: http://127.0.0.1:${ports.record}
        token: { test: jeton-fictif }
        connections: 4
        idempotent: true
        ackTimeoutMs: ${ackTimeoutMs}
        retry: { firstMs: 10, maxMs: 200, attempts: 1000 }
        sends: [dcc.identity.*, dcc.visit.*, dcc.document.*]
`;
