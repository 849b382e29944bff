import { once } from 'node:events';
import type { Settings } from '../../config.ts';
import { showAddress } from '../../config-kinds.ts';
import { Failure } from '../../failures.ts';
import { withRoles } from '../../read-settings.ts';
import { roleMeanings } from '../../roles.ts';
import type { Service } from '../../service.ts';
import { defineCommand } from '../command.ts';
import type { Terminal } from '../terminal.ts';

export const serveCommand = defineCommand({
  name: 'serve',
  summary: 'start the service: the API, the workers, the ways in and the sweeper',
  usage: ['serve [--roles LIST] [--config FILE] [--json]'],
  details: `Everything is set by DARKROOM_* variables or a file: see "darkroom config". Logs go to standard error, one JSON object
a line. SIGTERM or Ctrl-C takes no more work, finishes or gives back what is in flight, and ends with exit code 0;
a second one ends at once, and nothing that was acknowledged is lost.

On the platform aws any number of processes share the work. Each has a data folder of its own, and some of the roles:
${Object.entries(roleMeanings)
  .map(([role, meaning]) => `    ${role.padEnd(9)}${meaning}`)
  .join('\n')}
Every role answers /healthz, /readyz and /metrics.`,
  operands: { least: 0, most: 0 },
  options: {
    roles: {
      type: 'string',
      value: 'LIST',
      meaning:
        'what this process does, with commas in between, instead of DARKROOM_ROLES; all of it by default',
    },
  },
  examples: [
    { command: 'darkroom serve', meaning: 'on http://127.0.0.1:8080, with its data in ./data' },
    {
      command: 'DARKROOM_LISTEN=0.0.0.0:80 DARKROOM_DATA=/var/lib/darkroom darkroom serve',
      meaning: 'for others, with its data elsewhere',
    },
    { command: 'DARKROOM_LISTEN=127.0.0.1:0 darkroom serve --json', meaning: 'on a free port, told as JSON' },
    {
      command: 'DARKROOM_PLATFORM=aws darkroom serve --roles worker',
      meaning: 'one more that runs pipelines, on this machine or another',
    },
  ],
  async run({ terminal, signal, options, settings: read }) {
    const given = read().settings;
    const settings = options.roles === undefined ? given : withRoles(given, options.roles);
    if (settings.unsafeNoSync) warnOfLoss(terminal);
    const { createLog } = await import('../log.ts');
    const { startService } = await import('../../service.ts');
    const log = createLog(settings.logLevel);
    const service = await startService(settings, { log }).catch((error: unknown) => {
      throw aboutListening(error, settings);
    });
    announce(terminal, service);
    if (!signal.aborted) await once(signal, 'abort');
    await service.stop();
    return 0;
  },
});

type Announced = Pick<Service, 'url' | 'firstKey' | 'ownerLink'>;

/** One line for whoever waits for the start; the key, the first time, for the person. */
function announce(terminal: Terminal, { url, firstKey, ownerLink }: Announced): void {
  const message = `listening on ${url}`;
  const write = terminal.documentInPieces();
  write(
    `${JSON.stringify({ message, url, ...(firstKey && { api_key: firstKey }), ...(ownerLink && { owner_link: ownerLink }) })}\n`,
  );
  if (firstKey) {
    terminal.lines([
      'The API key of this installation. It is shown this once and stored only as a hash:',
      '',
      `    ${terminal.style('bold', firstKey)}`,
      '',
      'To use it, in another terminal:',
      '',
      `    export DARKROOM_URL=${url} DARKROOM_API_KEY=${firstKey}`,
      '    darkroom upload photo.jpg --wait',
      `    curl -H "Authorization: Bearer $DARKROOM_API_KEY" ${url}/v1/images`,
      '',
    ]);
  }
  if (ownerLink) {
    terminal.lines([
      'For the owner, to make an account within a day ("darkroom owner-link" makes another link):',
      '',
      `    ${terminal.style('bold', ownerLink)}`,
      '',
      'There is no page behind it yet: send its token to POST /v1/auth/claim-owner, as docs/identity.md shows.',
      '',
    ]);
  }
  terminal.line(message);
}

function warnOfLoss(terminal: Terminal): void {
  const warning =
    'DARKROOM_UNSAFE_NO_SYNC is on: a power cut LOSES uploads that were acknowledged. Never use it for real data.';
  terminal.note(terminal.noteStyle(['red', 'bold'], warning));
}

const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another process: stop that one, or set another port',
  EACCES: 'is not open to this user: take a port from 1024 on',
  EADDRNOTAVAIL: 'is no address of this machine: 0.0.0.0 listens on all it has',
  ENOTFOUND: 'has a name that does not resolve: give an IP address',
};

function aboutListening(error: unknown, { listen }: Settings): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  const words = LISTEN_FAULTS[code ?? ''];
  if (words === undefined || (syscall !== 'listen' && syscall !== 'getaddrinfo')) return error;
  return new Failure('invalid_settings', `DARKROOM_LISTEN: ${showAddress(listen)} ${words}.`, {
    cause: error,
  });
}
