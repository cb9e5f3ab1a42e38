/** HTML without a way in for what a message said: every value put into a template is escaped. */

export interface Html {
  readonly html: string;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function html(strings: TemplateStringsArray, ...values: readonly (string | number | undefined | Html | readonly Html[])[]): Html {
  return { html: strings.map((text, i) => text + (i < values.length ? write(values[i]) : '')).join('') };
}

function write(value: string | number | undefined | Html | readonly Html[]): string {
  if (value === undefined) return '';
  if (typeof value === 'object') return 'html' in value ? value.html : value.map(write).join('');
  return String(value).replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
}
