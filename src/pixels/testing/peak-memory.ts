/** A process of its own for one plan: prints the most that it had in memory, bytes. Linux only. */
import { readFileSync } from 'node:fs';
import { fenceLoaders } from '../loaders.ts';
import { render } from '../render.ts';

fenceLoaders();
const { plan, folder } = JSON.parse(process.argv[2] ?? '');
await render(plan, folder);
const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
process.stdout.write(String(Number(kilobytes) * 1024));
