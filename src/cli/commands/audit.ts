import { pickAction } from '../actions.ts';
import { defineCommand, type ExitCode } from '../command.ts';

export const auditCommand = defineCommand({
  name: 'audit',
  summary: 'the trail of who did what: list it, export it, prove that nobody touched it',
  usage: [
    'audit [ls] [--tenant ID] [--actor ID] [--action NAME] [--image ID] [--outcome NAME] [--limit N]',
    'audit verify [--tenant ID] [--anchor FILE] [--json]',
    'audit verify <exported file> [--anchor FILE] [--keys FILE]',
    'audit export [--tenant ID] > trail.jsonl',
    'audit anchor >> somewhere-else.jsonl',
    'audit keys > keys.json',
  ],
  details: `Works on the data of this machine; an exported file needs no data and no server. The chain of an export proves that
nothing in it was altered, removed or reordered. That nothing is missing at its end, and that not all of it was written
anew, shows an anchor: signed heads, as "audit anchor" prints them. Keep them where whoever can write here cannot.`,
  operands: { least: 0, most: 2 },
  options: {
    tenant: { type: 'string', value: 'ID', meaning: 'main without; _service is what strangers were refused' },
    actor: { type: 'string', value: 'ID', meaning: 'only what this person did' },
    action: { type: 'string', value: 'NAME', meaning: 'only this, such as image.erase' },
    image: { type: 'string', value: 'ID', meaning: 'only what was done to this image' },
    outcome: { type: 'string', value: 'NAME', meaning: 'allowed, refused or failed' },
    limit: { type: 'string', value: 'N', meaning: 'how many at most, newest first; 50 without' },
    anchor: { type: 'string', value: 'FILE', meaning: 'signed heads that were kept elsewhere' },
    keys: { type: 'string', value: 'FILE', meaning: 'public keys, where the data is not here' },
  },
  examples: [
    { command: 'darkroom audit --outcome refused', meaning: 'who tried what' },
    { command: 'darkroom audit verify', meaning: 'all trails; exit code 1 names the first bad entry' },
    { command: 'darkroom audit verify trail.jsonl', meaning: 'an export, on any machine' },
    { command: 'darkroom audit anchor >> /mnt/worm/anchors.jsonl', meaning: 'for a job that runs each hour' },
  ],
  async run({ options, operands, terminal, settings: read }): Promise<ExitCode> {
    const { action, rest } = pickAction(operands, ['ls', 'verify', 'export', 'anchor', 'keys']);
    const verbs = await import('../audit/verbs.ts');
    return verbs[action]({ options, rest, terminal, settings: () => read().settings });
  },
});
