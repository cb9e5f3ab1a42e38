/** Metrics as Prometheus text (exposition format 0.0.4). */
import type { EngineFace } from '../../core/contract/index.ts';

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function prometheusText(metrics: ReturnType<EngineFace['metrics']>): string {
  return metrics
    .map(
      ({ name, help, type, values }) =>
        `# HELP passerelle_${name} ${escapeHelp(help)}\n# TYPE passerelle_${name} ${type}\n${values.map((v) => line(name, v)).join('')}`,
    )
    .join('');
}

function line(name: string, { labels, value }: { readonly labels: Readonly<Record<string, string>>; readonly value: number }): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeHelp(text).replaceAll('"', '\\"')}"`);
  return `passerelle_${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`;
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
