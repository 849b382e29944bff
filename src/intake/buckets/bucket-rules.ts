import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Failure } from '../../failures.ts';
import { Tags } from '../../images/image.ts';

const Bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket');
const Prefix = z.string().max(1024);
const Name = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must have 1 to 64 characters out of A-Za-z0-9._-');

/** Which objects of a bucket become images, and whose. Of several that fit, the one with the longest prefix holds. */
export const BucketRule = z.strictObject({
  name: Name,
  bucket: Bucket,
  prefix: Prefix.default(''),
  tenant: z.string().min(1).max(128).default('main'),
  user: z.string().min(1).max(128).default('owner'),
  pipeline: z.string().max(128).optional(),
  tags: Tags.default({}),
  /** deletes the object once its image is received: what lies in the bucket outlives no retention */
  delete: z.boolean().default(false),
  /** where a copy of the result goes, as `{prefix}{image_id}/processed_{filename}`; it goes again with the image */
  processed: z
    .strictObject({
      bucket: Bucket,
      prefix: Prefix.default('processed/'),
      /** the largest one where absent */
      variant: z.string().max(64).optional(),
    })
    .optional(),
});
export type BucketRule = z.infer<typeof BucketRule>;

/** The tag that says by which rule an image came, so that its result can be put where the rule says. */
export const RULE_TAG = 'darkroom:bucket-rule';

const Rules = z.array(BucketRule).max(1000);

/** @throws Failure `invalid_settings` */
export async function readBucketRules(path: string | undefined): Promise<readonly BucketRule[]> {
  if (path === undefined) return [];
  try {
    return parseBucketRules(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw invalid(`${path} is not a readable JSON file (${(error as Error).message})`, error);
  }
}

/** @throws Failure `invalid_settings` */
export function parseBucketRules(content: unknown): readonly BucketRule[] {
  const read = Rules.safeParse(content);
  if (!read.success) throw invalid(z.prettifyError(read.error), read.error);
  const rules = read.data;
  const names = rules.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`two rules are called ${twice}`);
  for (const { name, processed } of rules) {
    const taker = processed && rules.find((rule) => covers(rule, processed.bucket, processed.prefix));
    if (taker) {
      throw invalid(
        `the rule ${name} puts results where the rule ${taker.name} takes originals from, without end`,
      );
    }
  }
  return rules;
}

export function ruleFor(
  rules: readonly BucketRule[],
  { bucket, key }: { bucket: string; key: string },
): BucketRule | undefined {
  const fitting = rules.filter((rule) => rule.bucket === bucket && key.startsWith(rule.prefix));
  return fitting.reduce<BucketRule | undefined>(
    (best, rule) => (best && best.prefix.length >= rule.prefix.length ? best : rule),
    undefined,
  );
}

/** Whether something below this prefix could come to a rule. */
function covers(rule: BucketRule, bucket: string, prefix: string): boolean {
  return rule.bucket === bucket && (prefix.startsWith(rule.prefix) || rule.prefix.startsWith(prefix));
}

function invalid(what: string, cause?: unknown): Failure {
  return new Failure('invalid_settings', `DARKROOM_BUCKET_RULES: ${what}.`, { cause });
}
