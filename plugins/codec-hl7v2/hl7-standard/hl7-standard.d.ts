/** The library ships no types: those of what the view offers. */
declare module 'hl7-standard' {
  class HL7 {
    constructor(data: string);
    /** By segment name; several segments of one name are an array. */
    transformed: Record<string, unknown>;
    transform(): void;
    /** `PID.5.1`; `index` counts segments of the name, `sectionIndex` repetitions, `subSectionIndex` subcomponents, all from 0. */
    get(field: string, index?: number, sectionIndex?: number, subSectionIndex?: number): unknown;
    getSegment(name: string): { readonly type: string; readonly data: Record<string, unknown> };
    getSegments(name?: string): readonly { readonly type: string; readonly data: Record<string, unknown> }[];
  }
  export = HL7;
}
