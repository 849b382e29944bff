import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createAttestor, newAttestationKey } from '../audit/attestation.ts';
import { systemClock } from '../images/clock.ts';
import { openEmbedded } from '../platform/embedded/platform.ts';
import { erasePerson } from './erase-person.ts';
import { addPartial, addReady, filesBelow, MARKER, openHouse, storedKeys, TENANT } from './testing/house.ts';

const ENTRY = fileURLToPath(new URL('testing/erasing-process.ts', import.meta.url));
const USER = `${MARKER}-user`;
const ROUNDS = 3;
const IMAGES = 10;
/** An erasure of so many images takes about this long, milliseconds. */
const LONGEST = 120;

it(`a kill -9 in the middle of an erasure, ${ROUNDS} times: the next start finishes it`, async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const house = await openHouse();
    const dataDir = join(house.folder, 'data');
    for (let number = 0; number < IMAGES; number += 1) await addReady(house.ports);
    await addPartial(house.ports);
    await house.platform.close();
    await killWhileErasing(dataDir, (LONGEST * (round + 0.5)) / ROUNDS);

    const platform = await openEmbedded({ dataDir, clock: systemClock, role: 'server', durability: 'none' });
    const ports = { ...platform, clock: systemClock };
    const attestor = await createAttestor(await newAttestationKey());
    for (const erasure of await platform.erasures.unfinished()) {
      await erasePerson({ ports, erasures: platform.erasures, attestor, keepers: [] }, erasure);
    }
    const [entry] = (await platform.audit.list(TENANT, { action: 'user.erased', limit: 2 })).entries;
    expect(entry?.details).toMatchObject({ images: IMAGES + 1 });
    const { receipt } = (await platform.erasures.find(TENANT, String(entry?.details?.erasure))) ?? {};
    expect(receipt?.receipt.images.filter(({ objects }) => objects === 3)).toHaveLength(IMAGES);
    expect(await storedKeys(ports)).toEqual([]);
    for (const path of await filesBelow(dataDir)) {
      expect((await readFile(path, 'latin1')).replaceAll(USER, ''), path).not.toContain(MARKER);
    }
    await platform.close();
  }
});

async function killWhileErasing(dataDir: string, afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [ENTRY, dataDir, USER], { stdio: ['ignore', 'pipe', 'inherit'] });
  await said(child, 'begun');
  await sleep(afterMs);
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

async function said(child: ChildProcess, word: string): Promise<void> {
  let text = '';
  for await (const piece of child.stdout ?? []) {
    text += piece;
    if (text.includes(word)) return;
  }
  throw new Error(`it ended before it said ${word}`);
}
