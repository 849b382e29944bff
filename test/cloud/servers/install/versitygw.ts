import { join } from 'node:path';
import type { Recipe } from './install-once.ts';
import { runTool } from './run-tool.ts';

const VERSION = 'v1.7.0';
/** of the module, as Go's checksum database has it; `go version -m` reads it back from the binary */
const SUM = 'h1:Tyn9TOpUn6nTyYfb+e2uaz1prf5Uv44FLpy4RU/foJE=';

/** A gateway that speaks S3 over a folder: checks signatures, policies and checksums. */
export const versitygw: Recipe = {
  name: 'versitygw',
  pin: `${VERSION} ${SUM}`,
  tools: ['go'],
  runsOn: [],
  async build(folder) {
    await runTool({
      command: 'go',
      args: ['install', `github.com/versity/versitygw/cmd/versitygw@${VERSION}`],
      env: { GOBIN: folder, CGO_ENABLED: '0' },
    });
    const built = await runTool({ command: 'go', args: ['version', '-m', versitygwBinary(folder)] });
    if (!built.includes(SUM))
      throw new Error(`versitygw ${VERSION} was not built from ${SUM}:\n${built.slice(0, 400)}`);
  },
};

export function versitygwBinary(folder: string): string {
  return join(folder, 'versitygw');
}
