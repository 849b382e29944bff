import { systemClock } from '../../../images/clock.ts';
import { openEmbedded } from '../platform.ts';

/** Run as a process: opens the data folder in its first argument as a server and does nothing until it is killed. */
await openEmbedded({ dataDir: process.argv[2] ?? '', clock: systemClock, role: 'server' });
process.stdout.write('open\n');
setInterval(() => {}, 1_000);
