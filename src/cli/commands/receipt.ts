import { z } from 'zod';
import { pickAction } from '../actions.ts';
import { defineCommand, UsageError } from '../command.ts';
import { formatCount, plain } from '../text/format.ts';

const Signed = z.object({ receipt: z.looseObject({}), signature: z.string() });
/** As the API answers it, or only its signed part. */
const File = z.union([Signed, z.object({ receipt: Signed }).transform(({ receipt }) => receipt)]);
const Contents = z.looseObject({
  user_id: z.string(),
  finished_at: z.string(),
  images: z.array(z.unknown()),
});

export const receiptCommand = defineCommand({
  name: 'receipt',
  summary: 'check the receipt of an erasure: that this service signed it, and that nobody altered it',
  usage: ['receipt verify <file.json> [--keys FILE] [--json]'],
  details: `The file is the answer to DELETE /v1/users/{id} or GET /v1/erasures/{id}. With --keys neither data nor server is
needed: the public keys are at /.well-known/darkroom-keys.json of the server, and "darkroom audit keys" prints them.`,
  operands: { least: 2, most: 2 },
  options: {
    keys: { type: 'string', value: 'FILE', meaning: 'public keys, where the data is not here' },
  },
  examples: [{ command: 'darkroom receipt verify receipt.json --keys keys.json', meaning: 'on any machine' }],
  async run({ options, operands, terminal, settings: read }) {
    const { rest } = pickAction(operands, ['verify']);
    const { isAttested } = await import('../../audit/attestation.ts');
    const { keysIn } = await import('../audit/files.ts');
    const { readJson } = await import('../read-json.ts');
    const [file = ''] = rest;
    const parsed = File.safeParse(await readJson(file));
    if (!parsed.success) throw new UsageError(`${file} is no receipt of an erasure.`);
    const { receipt, signature } = parsed.data;
    const keys = options.keys === undefined ? await keysHere() : await keysIn(options.keys);
    const genuine = await isAttested(
      { document: receipt, signature, type: 'darkroom-erasure-receipt' },
      keys,
    );
    terminal.document({ genuine, receipt });
    const contents = Contents.safeParse(receipt);
    const about = contents.success
      ? `person ${contents.data.user_id}, ${formatCount(contents.data.images.length, 'image')}, ${contents.data.finished_at}`
      : '';
    terminal.line(
      plain(genuine ? `genuine: ${about}` : 'not genuine: it was altered, or another service signed it'),
    );
    return genuine ? 0 : 1;

    async function keysHere() {
      const { openAttestor } = await import('../../audit/start-auditing.ts');
      const { withData } = await import('../data.ts');
      return withData(read().settings, async ({ secrets }) => (await openAttestor(secrets)).publicKeys);
    }
  },
});
