/** Pictures as a scanner makes them: symbols drawn at any place, size and angle, with noise; as PNG bytes. */
import { crc32, deflateSync } from 'node:zlib';
import { symbolOf } from '../../codec-ins-datamatrix/index.ts';

export interface Placed {
  readonly text: string;
  /** Of the middle, in pixels. */
  readonly x: number;
  readonly y: number;
  /** Pixels of a module. */
  readonly module: number;
  readonly degrees?: number;
}

export async function picture(width: number, height: number, placed: readonly Placed[], noise = 0): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height, 255);
  for (const { text, x, y, module, degrees = 0 } of placed) {
    const { size, isDark } = await symbolOf(text);
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const reach = Math.ceil(size * module);
    for (let row = Math.max(0, y - reach); row < Math.min(height, y + reach); row++)
      for (let column = Math.max(0, x - reach); column < Math.min(width, x + reach); column++) {
        const [dx, dy] = [column + 0.5 - x, row + 0.5 - y];
        const [across, down] = [Math.floor((dx * cos + dy * sin) / module + size / 2), Math.floor((dy * cos - dx * sin) / module + size / 2)];
        if (across >= 0 && down >= 0 && across < size && down < size && isDark(across, down)) pixels[row * width + column] = 0;
      }
  }
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  if (noise > 0) for (let i = 0; i < pixels.length; i++) pixels[i] = Math.max(0, Math.min(255, pixels[i]! + (random() - 0.5) * noise));
  return png(pixels, width, height);
}

/** Shades of grey, eight bits, no filter. `size`: what the header says, when it lies. */
export function png(pixels: Buffer, width: number, height: number, size = { width, height }): Buffer {
  const rows = Array.from({ length: height }, (_, row) => Buffer.concat([Buffer.of(0), pixels.subarray(row * width, (row + 1) * width)]));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size.width, 0);
  header.writeUInt32BE(size.height, 4);
  header[8] = 8;
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
