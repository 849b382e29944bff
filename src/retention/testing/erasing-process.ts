import { createAttestor, newAttestationKey } from '../../audit/attestation.ts';
import { systemClock } from '../../images/clock.ts';
import { openEmbedded } from '../../platform/embedded/platform.ts';
import { erasePerson } from '../erase-person.ts';
import { TENANT } from './house.ts';

/** A process of its own that erases somebody: to be killed while it does. A kill takes nothing that was written. */
const [dataDir = '', userId = ''] = process.argv.slice(2);
const platform = await openEmbedded({ dataDir, clock: systemClock, role: 'server', durability: 'none' });
const attestor = await createAttestor(await newAttestationKey());
const ports = { ...platform, clock: systemClock };
const erasure = await platform.erasures.begin({ tenantId: TENANT, userId }, 'boss');
process.stdout.write('begun\n');
await erasePerson({ ports, erasures: platform.erasures, attestor, keepers: [] }, erasure);
process.stdout.write('done\n');
await platform.close();
