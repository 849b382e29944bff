import { onlyOperand, pickAction } from '../actions.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { Remote } from '../remote/remote.ts';
import type { Terminal } from '../terminal.ts';
import { formatTime, plain } from '../text/format.ts';
import { formatTable } from '../text/table.ts';

export const pipelinesCommand = defineCommand({
  name: 'pipelines',
  summary: 'the pipelines of a server: list, read, write, export to Amazon States Language',
  usage: [
    'pipelines [ls] [--json]',
    'pipelines get <name> [--version N]',
    'pipelines put <file.json> [--name NAME]',
    'pipelines state-machine <name> [--version N]',
  ],
  details: `A pipeline is a JSON document; every change of it is a new version, and images keep the version that made them. get and
state-machine print JSON, ready for a file; what put refuses, it says with the path of the mistake.`,
  operands: { least: 0, most: 2 },
  options: {
    version: { type: 'string', value: 'N', meaning: 'an older version; the newest without' },
    name: { type: 'string', value: 'NAME', meaning: 'where the document does not say its name' },
  },
  examples: [
    { command: 'darkroom pipelines', meaning: 'their names and versions' },
    { command: 'darkroom pipelines get default > mine.json', meaning: 'a start for one of your own' },
    { command: 'darkroom pipelines put mine.json', meaning: 'under the name that it says' },
    { command: 'darkroom pipelines state-machine default', meaning: 'for AWS Step Functions' },
  ],
  async run({ options, operands, terminal, signal, settings: read }) {
    const { action, rest } = pickAction(operands, ['ls', 'get', 'put', 'state-machine']);
    const query = versionQuery(options.version);
    const { settings } = read();
    const { remoteOf } = await import('../remote/remote.ts');
    const call: PipelineCall = {
      terminal,
      query,
      name: options.name,
      rest,
      open: () => remoteOf(settings, signal),
    };
    await actions[action](call);
    return 0;
  },
});

interface PipelineCall {
  readonly terminal: Terminal;
  readonly query: readonly [string, string][];
  readonly name: string | undefined;
  readonly rest: readonly string[];
  /** @throws UsageError */
  open(): Remote;
}

const actions = { ls: list, get: read, put: write, 'state-machine': exported } as const;

async function list({ terminal, rest, open }: PipelineCall): Promise<void> {
  if (rest.length > 0) throw new UsageError(`Too much: ${JSON.stringify(rest[0])}.`);
  const { PipelineList } = await import('../remote/pipelines.ts');
  const { pipelines } = await open().json(PipelineList, 'GET', '/v1/pipelines');
  terminal.document({ pipelines });
  const rows = pipelines.map(({ name, version, created_at, document }) => [
    plain(name),
    String(version),
    formatTime(created_at),
    plain(document.description ?? ''),
  ]);
  terminal.lines(formatTable(columns, rows));
}

async function read({ terminal, query, rest, open }: PipelineCall): Promise<void> {
  const name = onlyOperand(rest, 'the name of the pipeline');
  const { PipelineVersion, pipelinePath } = await import('../remote/pipelines.ts');
  const pipeline = await open().json(PipelineVersion, 'GET', pipelinePath(name), { query });
  terminal.document(pipeline);
  terminal.line(JSON.stringify(pipeline.document, null, 2));
}

async function write({ terminal, rest, name: given, open }: PipelineCall): Promise<void> {
  const file = onlyOperand(rest, 'the file of the pipeline');
  const { readJson } = await import('../read-json.ts');
  const { nameOf, PipelineVersion, pipelinePath } = await import('../remote/pipelines.ts');
  const document = await readJson(file);
  const name = given ?? nameOf(document);
  if (name === undefined) throw new UsageError('The document has no name: give it one, or say --name NAME.');
  const stored = await open().send(PipelineVersion, 'PUT', pipelinePath(name), document);
  terminal.document(stored);
  terminal.line(`${plain(stored.name)}, version ${stored.version}`);
}

async function exported({ terminal, query, rest, open }: PipelineCall): Promise<void> {
  const name = onlyOperand(rest, 'the name of the pipeline');
  const { pipelinePath, StateMachine } = await import('../remote/pipelines.ts');
  const machine = await open().json(StateMachine, 'GET', `${pipelinePath(name)}/state-machine`, { query });
  terminal.document(machine);
  terminal.line(JSON.stringify(machine, null, 2));
}

const columns = [
  { title: 'name' },
  { title: 'version', align: 'right' as const },
  { title: 'written' },
  { title: 'what' },
];

function versionQuery(text: string | undefined): [string, string][] {
  if (text === undefined) return [];
  if (/^[1-9]\d{0,8}$/.test(text)) return [['version', text]];
  throw new UsageError(`--version must be a whole number from 1; got ${JSON.stringify(text)}.`);
}
