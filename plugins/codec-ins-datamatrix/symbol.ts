/** Text -> modules of its DataMatrix (ISO 16022, ECC 200). */

export interface DatamatrixSymbol {
  /** Modules of a side; the quiet zone is not in it: at least `QUIET_MODULES` on each side belong around. */
  readonly size: number;
  readonly isDark: (column: number, row: number) => boolean;
}

/** The norm asks one module of white; two survive a cut and a copy. */
export const QUIET_MODULES = 2;

export async function symbolOf(payload: string): Promise<DatamatrixSymbol> {
  // Two megabytes of barcode writers: loaded by those who draw one.
  const { default: writer } = await import('@bwip-js/node');
  const [matrix] = writer.raw('datamatrix', payload);
  if (!matrix || !('pixs' in matrix) || matrix.pixx !== matrix.pixy) throw new TypeError('a DataMatrix is a square of modules');
  const { pixs, pixx: size } = matrix;
  return { size, isDark: (column, row) => pixs[row * size + column] === 1 };
}
