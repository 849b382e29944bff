import { describe, expect, it } from 'vitest';
import { commandGroups } from './commands.ts';
import { cli, inProcess } from './testing/cli.ts';

/** The command line by its arguments, exit code and streams alone; the long table of mistakes without a process for each. */

const commands = commandGroups.flatMap((group) => group.commands);

describe('help', () => {
  it('lists every verb, and says the exit codes', async () => {
    const { code, stdout, stderr } = await cli(['--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const { name, summary } of commands)
      expect(stdout).toMatch(new RegExp(`^  ${name} +${escaped(summary)}$`, 'm'));
    expect(stdout).toContain('0 done, 1 some of the work failed, 2 wrong usage');
  });

  it('is the same by every way to ask for it', async () => {
    const ways = [
      ['help', 'process'],
      ['process', '--help'],
      ['process', '-h'],
    ];
    const [first, ...others] = await Promise.all(ways.map((way) => cli(way)));
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first?.stdout).toContain('darkroom process <files|folders...> --out DIR');
    for (const other of others) expect(other).toEqual(first);
  });

  it.each(commands.map((command) => [command.name, command] as const))(
    'of %s is complete',
    (name, command) => {
      expect(command.examples.length).toBeGreaterThan(0);
      for (const example of command.examples) expect(example.command).toContain(`darkroom ${name}`);
      for (const usage of command.usage) expect(usage.split(' ')[0]).toBe(name);
      const shown = command.usage.join(' ');
      for (const option of Object.keys(command.options)) expect(shown, option).toContain(`--${option}`);
    },
  );

  it('is coloured neither in a pipe nor with NO_COLOR', async () => {
    const { stdout } = await cli(['--help'], { env: { NO_COLOR: '1' } });
    expect(stdout).not.toContain('\x1b');
    expect((await cli(['nonsense'])).stderr).not.toContain('\x1b');
  });

  it.each(['--version', '-V', '-v', 'version'])('answers %s with the version', async (word) => {
    expect(await cli([word])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('says once how to call it where it is not on the path', async () => {
    for (const words of [['--help'], ['help', 'ls']]) {
      expect((await cli(words)).stdout.match(/npx darkroom/g)).toHaveLength(1);
    }
  });

  it('and the version are JSON where that is wanted', async () => {
    const [overview, one, version] = await Promise.all([
      cli(['help', '--json']),
      cli(['config', '--help', '--json']),
      cli(['--version', '--json']),
    ]);
    expect(JSON.parse(overview.stdout).commands).toHaveLength(commands.length);
    expect(JSON.parse(one.stdout)).toMatchObject({ name: 'config' });
    expect(JSON.parse(version.stdout).version).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('wrong usage ends with 2, says what is wrong, and writes nothing to standard output', () => {
  it.each([
    [[], undefined],
    [['porcess'], 'Did you mean "darkroom process"?'],
    [['frobnicate'], 'There is no command "frobnicate".\nSee: darkroom --help'],
    [['help', 'serv'], 'Did you mean "darkroom serve"?'],
    [['process', '--otu', 'x', 'y'], 'There is no option --otu. Did you mean --out?'],
    [['process', '-x', 'y'], 'There is no option -x.'],
    [['process', 'samples'], '--out is missing'],
    [['process', '--out', 'x'], 'Usage: darkroom process <files|folders...>'],
    [['process', 'samples', '--out'], "'-o, --out <value>' argument missing"],
    [
      ['process', 'samples', '-o', 'x', '--renderers', '0'],
      '--renderers must be a whole number from 1 to 256; got "0"',
    ],
    [['process', 'no/such/file', '-o', 'x'], 'There is no file or folder "no/such/file"'],
    [['process', 'samples', '-o', 'x', '-p', 'nowhere.json'], 'Cannot read "nowhere.json"'],
    [['config', 'surplus'], 'Too much: "surplus"'],
    [['serve', '--json=yes'], 'does not take an argument'],
    [['config', '--config', 'nowhere.json'], 'the configuration file: expected a readable JSON object'],
  ])('%j', async (args, words) => {
    const { code, stdout, stderr } = await inProcess(args);
    expect(code).toBe(2);
    if (words === undefined) expect(stdout).toContain('Usage');
    else expect({ stdout, stderr }).toEqual({ stdout: '', stderr: expect.stringContaining(words) });
  });

  it('also as a program', async () => {
    const { code, stdout, stderr } = await cli(['porcess']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Did you mean "darkroom process"?');
  });

  it('but the document that --json promises', async () => {
    for (const args of [
      ['porcess', '--json'],
      ['process', '--json', '--otu'],
      ['config', 'surplus', '--json'],
    ]) {
      const { code, stdout } = await inProcess(args);
      expect(code).toBe(2);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'usage', message: expect.any(String) } });
    }
  });
});

describe('config', () => {
  const env = { DARKROOM_RETENTION: '36h', DARKROOM_API_KEY: 'very-secret-key-123' };

  it('prints every setting with where it came from, and no secret', async () => {
    const { code, stdout, stderr } = await cli(['config'], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^DARKROOM_RETENTION +36h +7d +duration +environment +life of an image/m);
    expect(stdout).toMatch(/^DARKROOM_LEASE +60s +60s +duration +default /m);
    expect(stdout).toMatch(/^DARKROOM_API_KEY +\(set, not shown\)/m);
    expect(stdout + stderr).not.toContain('very-secret');
  });

  it('as JSON', async () => {
    const { stdout } = await cli(['config', '--json'], { env });
    const { settings } = JSON.parse(stdout) as { settings: { variable: string }[] };
    const byVariable = Object.fromEntries(settings.map((row) => [row.variable, row]));
    expect(byVariable.DARKROOM_RETENTION).toEqual({
      variable: 'DARKROOM_RETENTION',
      key: 'retention',
      value: '36h',
      default: '7d',
      default_meaning: null,
      unit: 'duration',
      origin: 'environment',
      secret: false,
      meaning: expect.any(String),
    });
    expect(byVariable.DARKROOM_API_KEY).toMatchObject({ secret: true, value: '(set, not shown)' });
    expect(stdout).not.toContain('very-secret');
  });

  it('tells all that is wrong at once', async () => {
    const { code, stdout, stderr } = await cli(['config', '--json'], {
      env: { DARKROOM_LEASE: 'x', DARKROOM_RENDERERS: '0', DARKROOM_API_KEY: 'short' },
    });
    expect(code).toBe(2);
    for (const name of ['DARKROOM_LEASE', 'DARKROOM_RENDERERS', 'DARKROOM_API_KEY'])
      expect(stderr).toContain(name);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'invalid_settings', faults: { length: 3 } });
    expect(stdout + stderr).not.toContain('"short"');
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
