import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Recipe } from './install-once.ts';
import { runTool } from './run-tool.ts';

/**
 * Every package with its version and hashes. Made from `ministack==… moto[server]==… hypercorn==…` by
 * `pip-compile --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate`.
 */
const requirements = fileURLToPath(new URL('python-requirements.txt', import.meta.url));

/** MiniStack and moto, in one environment of their own. */
export const pythonServers: Recipe = {
  name: 'python',
  get pin() {
    return createHash('sha256').update(readFileSync(requirements)).digest('hex');
  },
  tools: ['python'],
  runsOn: ['python'],
  inPlace: true,
  async build(folder) {
    await runTool({ command: 'python3', args: ['-m', 'venv', folder] });
    await runTool({
      command: pythonScript(folder, 'pip'),
      args: [
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--require-hashes',
        '--no-deps',
        '-r',
        requirements,
      ],
    });
  },
};

export function pythonScript(folder: string, name: 'ministack' | 'moto_server' | 'pip'): string {
  return join(folder, 'bin', name);
}
