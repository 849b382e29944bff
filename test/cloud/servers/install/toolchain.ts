import { runTool } from './run-tool.ts';

interface Tool {
  readonly command: string;
  readonly args: readonly string[];
  /** the version, as the tool prints it */
  readonly version: RegExp;
  readonly atLeast: readonly [major: number, minor: number];
  readonly get: string;
}

const tools = {
  go: {
    command: 'go',
    args: ['version'],
    version: /go(\d+)\.(\d+)/,
    atLeast: [1, 25],
    get: 'Go 1.25 or newer (https://go.dev/dl)',
  },
  java: {
    command: 'java',
    args: ['-version'],
    version: /version "(\d+)(?:\.(\d+))?/,
    atLeast: [17, 0],
    get: 'a Java 17 runtime or newer (package openjdk-17-jre-headless)',
  },
  mvn: {
    command: 'mvn',
    args: ['--batch-mode', '-version'],
    version: /Maven (\d+)\.(\d+)/,
    atLeast: [3, 6],
    get: 'Maven 3.6 or newer (package maven)',
  },
  python: {
    command: 'python3',
    args: ['--version'],
    version: /Python (\d+)\.(\d+)/,
    atLeast: [3, 11],
    get: 'Python 3.11 or newer with venv (packages python3 and python3-venv)',
  },
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof tools;

/** What has to be put on this machine before these tools can be used, one phrase each; empty when nothing is missing. */
export async function missingTools(names: readonly ToolName[]): Promise<string[]> {
  const answers = await Promise.all(
    names.map(async (name) => ((await isThere(tools[name])) ? [] : [tools[name].get])),
  );
  return answers.flat();
}

async function isThere(tool: Tool): Promise<boolean> {
  const printed = await runTool({ command: tool.command, args: tool.args, withinMs: 60_000 }).catch(() => '');
  const found = tool.version.exec(printed);
  if (!found) return false;
  const [major, minor] = [Number(found[1]), Number(found[2] ?? 0)];
  return major > tool.atLeast[0] || (major === tool.atLeast[0] && minor >= tool.atLeast[1]);
}
