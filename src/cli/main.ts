/** The entry of `darkroom`: the process's own arguments, environment, streams and signals are touched only here. */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `darkroom needs Node 24 or newer; this is ${process.versions.node}. Run it as "npx darkroom" after "npm ci".\n`,
  );
  process.exit(2);
}

// Compiled code is kept beside the packages: a start then takes half the time. Not in the common temporary folder,
// where others could leave code for us; a read-only installation does without.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/darkroom', import.meta.url)));

const { runCli } = await import('./run.ts');
const { stopOnSignals } = await import('./interrupt.ts');

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  env: process.env,
  out: process.stdout,
  err: process.stderr,
  signal: stopOnSignals((text) => process.stderr.write(`${text}\n`)),
});
