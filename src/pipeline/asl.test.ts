import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { type FailureCode, reactions } from '../failures.ts';
import { PLACEHOLDERS, type StateMachine, toStateMachine } from './asl.ts';
import type { TaskState } from './asl-language.ts';
import { defaultPipeline } from './default-pipeline.ts';
import { parsePipeline } from './document.ts';

interface Verdict {
  readonly isValid: boolean;
  errorsText(): string;
}
const judge = createRequire(import.meta.url)('asl-validator') as (machine: object) => Verdict;

/** What the validator has against a machine; it writes into what it is given. */
function faultsOf(machine: object): string {
  const verdict = judge(structuredClone(machine));
  return verdict.isValid ? '' : verdict.errorsText();
}

const everyStep = parsePipeline({
  name: 'every-step',
  steps: [
    { step: 'validate', max_megapixels: 20 },
    { step: 'orient' },
    { step: 'filter', sharpen: {} },
    {
      step: 'resize',
      variants: [{ name: 'a', width: 300, height: 300, fit: 'cover', position: 'attention' }],
    },
    { step: 'filter', greyscale: true },
    { step: 'watermark', text: '© $ {x} "me"', place: 'tile' },
    { step: 'convert', outputs: [{ format: 'png' }, { format: 'avif', when: 'first_request' }] },
    { step: 'metadata', keep: ['copyright'] },
    { step: 'tag', tags: { 'team:web': 'a.$' } },
    { step: 'notify' },
  ],
});

function tasksOf(machine: StateMachine): [string, TaskState][] {
  return Object.entries(machine.States).filter(
    (entry): entry is [string, TaskState] => entry[1].Type === 'Task',
  );
}

describe('a pipeline as a state machine', () => {
  it.each([defaultPipeline, everyStep, parsePipeline({ name: 'bare', steps: [] })])(
    '$name is valid',
    (document) => {
      expect(faultsOf(toStateMachine(document))).toBe('');
    },
  );

  it.each([
    ['a transition to nowhere', { Publish: { Next: 'Nowhere' } }, /MISSING_TRANSITION_TARGET/],
    ['a state that ends and goes on', { Publish: { End: true } }, /TERMINAL_STATE_WITH_NEXT/],
    ['a state of no type', { Render: { Type: 'Work' } }, /SCHEMA_VALIDATION_FAILED/],
    ['a resource that is none', { Render: { Resource: 'render it' } }, /SCHEMA_VALIDATION_FAILED/],
    ['a path that is none', { Render: { ResultPath: 'rendered' } }, /SCHEMA_VALIDATION_FAILED/],
    ['a catcher without errors', { Render: { Catch: [{ Next: 'Ready' }] } }, /SCHEMA_VALIDATION_FAILED/],
  ])('the validator refuses %s', (_, breakage: Record<string, object>, fault) => {
    const machine = toStateMachine(defaultPipeline);
    const States = Object.fromEntries(
      Object.entries(machine.States).map(([name, state]) => [name, { ...state, ...breakage[name] }]),
    );
    expect(faultsOf({ ...machine, States })).toMatch(fault);
  });

  it('names the states after the steps as they really run', () => {
    const machine = toStateMachine(everyStep);
    const way: string[] = [];
    for (let name: string | undefined = machine.StartAt; name; ) {
      way.push(name);
      const state: StateMachine['States'][string] | undefined = machine.States[name];
      name = state && 'Next' in state ? state.Next : undefined;
    }
    expect(way).toEqual(['Validate', 'Render', 'Publish', 'Notify', 'Ready']);
    expect(machine.States.Render?.Comment).toBe(
      'One fused plan for orient, filter, resize, filter_2, watermark, convert, metadata, placeholder.' +
        ' Left to a background message, sent when it is first asked for: avif.',
    );
  });

  it('hands each task what it needs: limits, the document, tags', () => {
    const { Validate, Render, Publish } = toStateMachine(everyStep).States as Record<string, TaskState>;
    expect(Validate?.Parameters).toMatchObject({ limits: { max_megapixels: 20, max_frames: 300 } });
    expect(Render?.Parameters.document).toEqual(everyStep);
    expect(Publish?.Parameters.tags).toEqual({ 'team:web': 'a.$' });
  });

  it('uses no placeholder but those it names', () => {
    const text = JSON.stringify(toStateMachine(defaultPipeline));
    const used = new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name));
    expect([...used].toSorted()).toEqual([...PLACEHOLDERS].toSorted());
  });

  it('refuses texts that a deployment would take for a placeholder', () => {
    const document = parsePipeline({
      name: 'x',
      steps: [{ step: 'watermark', text: ['by $', '{Me}'].join('') }],
    });
    expect(() => toStateMachine(document)).toThrow(/^steps\[3\]\.text must not contain "\$\{"/);
  });
});

describe('every task', () => {
  const tasks = tasksOf(toStateMachine(defaultPipeline));

  it.each(tasks)('%s ends in time and retries Lambda with full jitter', (_, task) => {
    expect(task.TimeoutSeconds).toBeLessThanOrEqual(90);
    for (const trouble of [
      'Lambda.ServiceException',
      'Lambda.SdkClientException',
      'Lambda.TooManyRequestsException',
      'overloaded',
      'renderer_crashed',
    ]) {
      const retrier = task.Retry.find(({ ErrorEquals }) => ErrorEquals.includes(trouble));
      expect(retrier).toMatchObject({ JitterStrategy: 'FULL', BackoffRate: 2 });
    }
  });

  it.each(['Validate', 'Render', 'Publish'])('%s has somewhere to go with every failure', (name) => {
    const task = tasks.find(([key]) => key === name)?.[1];
    const goes = (error: string) =>
      task?.Catch?.find(
        ({ ErrorEquals }) => ErrorEquals.includes(error) || ErrorEquals.includes('States.ALL'),
      )?.Next;
    const ways = { reject: 'MarkRejected', drop: 'Superseded', retry: 'MarkFailed' };
    for (const code of Object.keys(reactions) as FailureCode[]) {
      expect([code, goes(code)]).toEqual([code, ways[reactions[code].onQueue]]);
    }
    expect(goes('States.Timeout')).toBe('MarkFailed');
  });

  it('never retries what the sender has to mend', () => {
    const retried = tasks.flatMap(([, { Retry }]) => Retry.flatMap(({ ErrorEquals }) => ErrorEquals));
    expect(retried).not.toContain('image_corrupt');
    expect(retried).not.toContain('States.ALL');
  });
});
