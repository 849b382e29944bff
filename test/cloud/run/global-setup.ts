import type { TestProject } from 'vitest/node';
import { installOnce, lackingFor } from '../servers/install/install-once.ts';
import { installs, type ServerName, serverNames } from '../servers/server-names.ts';
import { startLender } from './lender.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** where test files ask for servers */
    readonly cloudLender: string;
    /** servers that cannot run on this machine, left out because the caller said so */
    readonly cloudLeftOut: readonly string[];
  }
}

const FLAG = 'DARKROOM_CLOUD_SKIP_MISSING';

/** Once per run: installs what is not installed, and opens the lender. Servers start when a test asks for them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const leftOut = await serversLeftOut();
  for (const name of serverNames) if (!leftOut.includes(name)) await installOnce(installs[name]);
  const lender = await startLender();
  project.provide('cloudLender', lender.url);
  project.provide('cloudLeftOut', leftOut);
  return () => lender.close();
}

/** @throws Error when this machine lacks something and nobody said that it may */
async function serversLeftOut(): Promise<ServerName[]> {
  const lacks = await Promise.all(
    serverNames.map(async (name) => {
      const missing = await lackingFor(installs[name]);
      return missing.length > 0 ? [{ name, line: `${name} needs ${missing.join(' and ')}` }] : [];
    }),
  );
  const lacking = lacks.flat();
  if (lacking.length === 0) return [];
  const lines = lacking.map(({ line }) => line).join('; ');
  if (process.env[FLAG] !== 'yes') {
    throw new Error(
      `This machine cannot run all servers: ${lines}. Install it, or set ${FLAG}=yes to leave their tests out.`,
    );
  }
  process.stderr.write(`left out, as ${FLAG}=yes allows: ${lines}\n`);
  return lacking.map(({ name }) => name);
}
