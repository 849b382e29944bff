import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PLACEHOLDERS } from './asl.ts';
import { PipelineDocument, parsePipeline } from './document.ts';
import { STEP_NAMES } from './document-steps.ts';

/** docs/pipelines.md must say what the schema says: every step, every field, every bound, every default. */

const docs = readFileSync(new URL('../../docs/pipelines.md', import.meta.url), 'utf8');

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
}

const schema = z.toJSONSchema(PipelineDocument, { io: 'input', unrepresentable: 'any' }) as Schema;
const steps = schema.properties?.steps?.items?.oneOf ?? [];

/** The text under a heading, up to the next one of its level or above. */
function sectionOf(heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const lines = docs.split('\n');
  const start = lines.indexOf(heading);
  if (start === -1) throw new Error(`docs/pipelines.md has no heading "${heading}"`);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => new RegExp(`^#{1,${level}} `).test(line));
  return rest.slice(0, end === -1 ? rest.length : end).join('\n');
}

/** Every field of a schema with its own, those of inner objects and of the objects in lists included. */
function fieldsOf(it: Schema): [name: string, field: Schema][] {
  const inner = [it.items, ...(it.items?.oneOf ?? []), ...(it.oneOf ?? [])].filter(
    (one) => one !== undefined,
  );
  const own = Object.entries(it.properties ?? {}).flatMap(([name, field]): [string, Schema][] => [
    [name, field],
    ...fieldsOf(field),
  ]);
  return [...own, ...inner.flatMap(fieldsOf)];
}

/** What a text about a field has to contain. */
function factsOf([name, field]: [string, Schema]): string[] {
  const { minimum, maximum, default: preset } = field;
  const bounds = minimum === undefined || maximum === undefined ? [] : [`${minimum} to ${maximum}`];
  const choices = field.enum ?? field.items?.enum ?? [];
  const isPlain = typeof preset === 'string' || typeof preset === 'number' || typeof preset === 'boolean';
  return [`\`${name}\``, ...bounds, ...choices, ...(isPlain ? [String(preset)] : [])];
}

describe('the documentation of the pipeline language', () => {
  it.each(STEP_NAMES)('describes %s with all its fields, bounds and defaults', (name) => {
    const step = steps.find(({ properties }) => properties?.step?.const === name);
    const section = sectionOf(`### \`${name}\``);
    const paragraphs = section.split('\n').filter((line) => line.includes('`'));
    for (const field of fieldsOf(step ?? {})) {
      if (field[0] === 'step') continue;
      const [mention = '', ...facts] = factsOf(field);
      const lines = paragraphs.filter((line) => line.includes(mention)).join('\n');
      for (const fact of ['', ...facts]) expect(lines, `${name}: ${field[0]}`).toContain(fact);
      expect(lines, `${name}: ${field[0]} is not described`).not.toBe('');
    }
  });

  it.each(STEP_NAMES)('has an example of %s that works', (name) => {
    const examples = [...sectionOf(`### \`${name}\``).matchAll(/```json\n([\s\S]*?)```/g)];
    expect(examples).toHaveLength(1);
    for (const [, json = ''] of examples) {
      const step = JSON.parse(json);
      expect(step.step).toBe(name);
      expect(() => parsePipeline({ name: 'example', steps: [step] })).not.toThrow();
    }
  });

  it('has no section for a step that does not exist', () => {
    const described = [...docs.matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name);
    expect(described.toSorted()).toEqual([...STEP_NAMES].toSorted());
  });

  it('begins with a document that works, and names the fields of a document', () => {
    const [, json = ''] = /```json\n([\s\S]*?)```/.exec(docs) ?? [];
    expect(() => parsePipeline(JSON.parse(json))).not.toThrow();
    const preface = docs.slice(0, docs.indexOf('## Order'));
    for (const name of Object.keys(schema.properties ?? {})) expect(preface).toContain(`| \`${name}\` |`);
  });

  it('names the placeholders of the state machine', () => {
    for (const placeholder of PLACEHOLDERS) expect(docs).toContain(`\${${placeholder}}`);
  });
});
