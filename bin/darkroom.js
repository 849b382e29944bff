#!/usr/bin/env node
// Runs the CLI on Node 24 or newer: on this one where it is new enough, else on the one that `npm ci` installed.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const major = Number(process.versions.node.split('.')[0]);

if (major >= 24) {
  await import(cli);
} else {
  const newer = installedNode();
  if (!newer) {
    console.error(
      `darkroom needs Node 24 or newer; this is ${process.versions.node}. Run "npm ci" in its folder, or install Node 24.`,
    );
    process.exit(2);
  }
  const child = spawn(newer, [cli, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A supervisor signals this process only; a terminal signals both, and the second one must not end the child early.
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGINT', () => {});
  child.on('error', (error) => {
    throw error;
  });
  child.on('exit', (code, signal) => {
    process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT');
    if (signal) process.kill(process.pid, signal);
    else process.exit(code ?? 1);
  });
}

function installedNode() {
  const require = createRequire(import.meta.url);
  try {
    return require.resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
}
