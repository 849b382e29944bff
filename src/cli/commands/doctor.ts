import { isFailure } from '../../failures.ts';
import { readSettings } from '../../read-settings.ts';
import { type Call, defineCommand } from '../command.ts';
import type { CheckResult } from '../doctor/check.ts';
import type { Terminal } from '../terminal.ts';
import { plain } from '../text/format.ts';

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'check what Darkroom needs of this machine, and say how to mend what is missing',
  usage: ['doctor [--config FILE] [--json]'],
  details: `Leaves nothing behind and may be run beside a running service. A warning is no failure: the exit code stays 0.`,
  operands: { least: 0, most: 0 },
  options: {},
  examples: [
    { command: 'darkroom doctor', meaning: 'before the first start, or when something is strange' },
    { command: 'darkroom doctor --json', meaning: 'for a script; exit code 1 where a check failed' },
  ],
  async run({ terminal, signal, settings: read }) {
    const { look } = await import('../doctor/check.ts');
    const { settings, result } = settingsOrDefaults(read);
    const results = [result];
    tell(terminal, result);
    for (const check of await allChecks()) {
      signal.throwIfAborted();
      const found = await look(check, settings);
      results.push(found);
      tell(terminal, found);
    }
    const failures = results.filter(({ status }) => status === 'failed').length;
    terminal.document({ healthy: failures === 0, checks: results });
    terminal.line();
    terminal.line(
      failures === 0 ? 'Nothing stands in the way.' : `${failures} of ${results.length} checks failed.`,
    );
    return failures === 0 ? 0 : 1;
  },
});

async function allChecks() {
  const { runtimeChecks } = await import('../doctor/runtime.ts');
  const { machineChecks } = await import('../doctor/machine.ts');
  const { dataFolderChecks } = await import('../doctor/data-folder.ts');
  const { encryptionChecks } = await import('../doctor/encryption.ts');
  const { networkChecks } = await import('../doctor/network.ts');
  const { pixelChecks } = await import('../doctor/pixels.ts');
  return [
    ...runtimeChecks,
    ...pixelChecks,
    ...dataFolderChecks,
    ...encryptionChecks,
    ...networkChecks,
    ...machineChecks,
  ];
}

/** Wrong settings are one finding among others: the machine is then judged by the defaults. */
function settingsOrDefaults(read: Call['settings']) {
  const name = 'settings';
  try {
    const { settings, origins } = read();
    const given = Object.values(origins).filter((origin) => origin !== 'default').length;
    const result: CheckResult = {
      name,
      status: 'ok',
      detail: `valid; ${given} of them given, the rest by default`,
    };
    return { settings, result };
  } catch (error) {
    if (!isFailure(error, 'invalid_settings')) throw error;
    const mend =
      'correct them; what follows is judged by the defaults. "darkroom help config" tells how they are given';
    const result: CheckResult = { name, status: 'failed', detail: error.message, mend };
    return { settings: readSettings({ env: {} }).settings, result };
  }
}

const marks = {
  ok: { text: 'ok     ', style: 'green' },
  warning: { text: 'warning', style: 'yellow' },
  failed: { text: 'FAILED ', style: 'red' },
} as const;

function tell(terminal: Terminal, { name, status, detail, mend }: CheckResult): void {
  const { text, style } = marks[status];
  const words = detail.split('\n').map(plain).join('\n           ');
  terminal.line(`${terminal.style(style, text)}  ${name}: ${words}`);
  if (mend) terminal.line(`           mend: ${mend}`);
}
