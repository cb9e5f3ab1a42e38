/** The settings folder that `check`, `plan` and `apply` are given. */
import { PasserelleError } from '../contract/index.ts';
import { readSettingsFiles, type SettingsFile } from '../settings/index.ts';

/**
 * Its YAML files. A folder without any is a wrong path, never a wish to remove every site: throws ERR_CONFIG_UNREADABLE, as for a
 * folder that cannot be read.
 */
export async function readFolder(folder: string): Promise<readonly SettingsFile[]> {
  const files = await readSettingsFiles(folder);
  if (files.length === 0) throw new PasserelleError('ERR_CONFIG_UNREADABLE', { location: { file: folder }, expected: '*.yaml', found: 'none' });
  return files;
}
