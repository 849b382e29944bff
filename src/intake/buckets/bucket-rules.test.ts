import { describe, expect, it } from 'vitest';
import { parseBucketRules, readBucketRules, ruleFor } from './bucket-rules.ts';

const rule = (name: string, more: object = {}) => ({ name, bucket: 'drop', ...more });

describe('rules of buckets', () => {
  it('leave out what has a default', () => {
    expect(parseBucketRules([rule('all')])).toEqual([
      { name: 'all', bucket: 'drop', prefix: '', tenant: 'main', user: 'owner', tags: {}, delete: false },
    ]);
  });

  it.each([
    ['a/b/c.jpg', 'deep'],
    ['a/c.jpg', 'shallow'],
    ['c.jpg', 'all'],
    ['a', 'all'],
  ])('hold by the longest prefix: %s', (key, name) => {
    const rules = parseBucketRules([
      rule('shallow', { prefix: 'a/' }),
      rule('deep', { prefix: 'a/b/' }),
      rule('all'),
      rule('elsewhere', { bucket: 'other', prefix: 'a/b/c' }),
    ]);
    expect(ruleFor(rules, { bucket: 'drop', key })?.name).toBe(name);
  });

  it('say nothing of other buckets', () => {
    expect(ruleFor(parseBucketRules([rule('all')]), { bucket: 'other', key: 'a' })).toBeUndefined();
  });

  const into = (bucket: string, prefix: string) => ({ processed: { bucket, prefix } });
  it.each<[string, unknown]>([
    ['no list', {}],
    ['no name', [{ bucket: 'drop' }]],
    ['a bucket that cannot be', [rule('a', { bucket: 'No' })]],
    ['a misspelt field', [rule('a', { prefx: 'x' })]],
    ['two of one name', [rule('a'), rule('a', { prefix: 'b/' })]],
    ['results that come back as originals', [rule('a', into('drop', 'processed/'))]],
    ['results above its originals', [rule('a', { prefix: 'a/b/', ...into('drop', 'a/') })]],
    ['results that another rule takes', [rule('a', into('out', 'x/')), rule('b', { bucket: 'out' })]],
  ])('are refused: %s', (_, content) => {
    expect(() => parseBucketRules(content)).toThrow(expect.objectContaining({ code: 'invalid_settings' }));
  });

  it.each([rule('a', { prefix: 'in/', ...into('drop', 'out/') }), rule('a', into('results', ''))])(
    'may put results where nobody takes them',
    (one) => {
      expect(parseBucketRules([one])).toHaveLength(1);
    },
  );

  it('are read from a file that is there', async () => {
    await expect(readBucketRules('/nowhere/rules.json')).rejects.toMatchObject({ code: 'invalid_settings' });
    expect(await readBucketRules(undefined)).toEqual([]);
  });
});
