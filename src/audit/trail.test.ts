import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Act } from './entry.ts';
import { anAct } from './testing/acts.ts';
import { createTrail } from './trail.ts';

function openTrail(append: (act: Act) => Promise<unknown> = async () => {}) {
  const written: Act[] = [];
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const audit = {
    append: async (act: Act) => {
      await append(act);
      written.push(act);
      return {} as never;
    },
  };
  return { trail: createTrail({ audit, log }), written, lines };
}

const stranger = (address: string): Act =>
  anAct({
    tenant_id: '_service',
    actor: { id: 'anonymous', credential: 'none' },
    action: 'image.list',
    outcome: 'refused',
    code: 'unauthorized',
    address,
    request_id: 'r',
  });

describe('strangers', () => {
  it.each(['refused', 'failed'] as const)(
    '%s again and again are one entry, and one that counts the rest',
    async (outcome) => {
      const { trail, written } = openTrail();
      const trying = (address: string): Act => ({ ...stranger(address), outcome });
      for (let number = 0; number < 50; number += 1) await trail.record(trying('203.0.113.1'));
      await trail.record(trying('203.0.113.2'));
      expect(written).toHaveLength(2);
      await trail.stop();
      expect(written).toHaveLength(3);
      expect(written.at(-1)).toMatchObject({ address: '203.0.113.1', details: { repeated: 49 } });
      expect(written.at(-1)).not.toHaveProperty('request_id');
    },
  );

  it('from ever new addresses are counted together after a thousand', async () => {
    const { trail, written } = openTrail();
    for (let number = 0; number < 5_000; number += 1) await trail.record(stranger(`2001:db8::${number}`));
    expect(written.length).toBeLessThan(1_010);
    await trail.stop();
    const told = written.reduce((sum, { details }) => sum + Number(details?.repeated ?? 1), 0);
    expect(told).toBe(5_000);
  });
});

it('what people of a tenant are refused is never held back', async () => {
  const { trail, written } = openTrail();
  for (let number = 0; number < 5; number += 1) await trail.record({ ...anAct(), outcome: 'refused' });
  expect(written).toHaveLength(5);
});

it('what cannot be written goes to the log, in full, and says so', async () => {
  const { trail, lines } = openTrail(async () => {
    throw new Error('the disk is full');
  });
  expect(await trail.record(anAct({ image_id: 'image-1' }))).toBe('lost');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ act: { image_id: 'image-1', action: 'image.upload' } });
});
