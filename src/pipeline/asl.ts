import {
  type Catcher,
  catcher,
  codesThat,
  RETRIES,
  type State,
  type StateMachine,
  type TaskState,
} from './asl-language.ts';
import { type PipelineDocument, stepNames, stepOf } from './document.ts';
import { documentError, invalidPipeline } from './document-errors.ts';
import type { StepKind } from './document-steps.ts';

export type { StateMachine } from './asl-language.ts';

/** Lambda functions that a deployment puts in the place of `${...}` (`DefinitionSubstitutions` of SAM and CDK). */
export const PLACEHOLDERS = [
  'ValidateFunctionArn',
  'RenderFunctionArn',
  'PublishFunctionArn',
  'NotifyFunctionArn',
  'MarkFunctionArn',
] as const;

/** Express workflows end after five minutes. What takes longer goes back to the queue and is tried again from there. */
const MACHINE_SECONDS = 300;

/** Where a task that failed leads: each failure code is somebody's doing. */
const CATCHES: readonly Catcher[] = [
  catcher(codesThat('reject'), 'MarkRejected'),
  catcher(codesThat('drop'), 'Superseded'),
  catcher(['States.ALL'], 'MarkFailed'),
];

/** Steps that have a state of their own; all others are parts of one fused plan. */
const OWN_STATE: readonly StepKind[] = ['validate', 'tag', 'notify'];

/**
 * A pipeline as a state machine in Amazon States Language, for AWS Step Functions. Its states are the steps as they
 * really run: what the planner fuses into one plan is one state. Short enough for Express workflows, which may run
 * twice: every task is idempotent by image and generation.
 *
 * - Input: `{ tenant_id, image_id, generation }`. Bytes never pass through the machine.
 * - A task fails with an error whose name is the code of the failure (src/failures.ts).
 *
 * @param document as parsed
 * @throws Failure `invalid_pipeline` where a text of the document looks like a placeholder
 */
export function toStateMachine(document: PipelineDocument): StateMachine {
  refusePlaceholders(document);
  return {
    Comment: [`Pipeline ${document.name}`, document.description].filter(Boolean).join(': '),
    QueryLanguage: 'JSONPath',
    StartAt: 'Validate',
    TimeoutSeconds: MACHINE_SECONDS,
    States: { ...mainStates(document), ...endings },
  };
}

function mainStates(document: PipelineDocument): Record<string, State> {
  const { step: _, ...limits } = stepOf(document, 'validate');
  const tags = document.steps.find((step) => step.step === 'tag')?.tags ?? {};
  return {
    Validate: {
      ...task('ValidateFunctionArn', 30, { limits }),
      Comment: 'Reads the header only: format, size, frames. Nothing is decoded before it has passed.',
      ResultPath: '$.probe',
      Catch: CATCHES,
      Next: 'Render',
    },
    Render: {
      ...task('RenderFunctionArn', 90, { 'probe.$': '$.probe', document }),
      Comment: renderComment(document),
      ResultPath: '$.rendered',
      Catch: CATCHES,
      Next: 'Publish',
    },
    Publish: {
      ...task('PublishFunctionArn', 30, { 'rendered.$': '$.rendered', tags }),
      Comment: 'One conditional write turns the record to ready; a reader never sees half.',
      Catch: CATCHES,
      Next: 'Notify',
    },
    Notify: {
      ...task('NotifyFunctionArn', 30, { status: 'ready' }),
      Comment: 'The image is published already: what cannot be told now is told by the outbox.',
      Catch: [catcher(['States.ALL'], 'Ready')],
      Next: 'Ready',
    },
    Ready: { Type: 'Succeed', Comment: 'The image is ready.' },
  };
}

/** How a run ends that does not publish. */
const endings: Readonly<Record<string, State>> = {
  MarkRejected: {
    ...task('MarkFunctionArn', 30, { status: 'rejected', 'failure.$': '$.failure' }),
    Comment: "The sender's doing: not an image, damaged, too large or too costly.",
    Next: 'Rejected',
  },
  Rejected: { Type: 'Succeed', Comment: 'Nothing is wrong with the service.' },
  MarkFailed: {
    ...task('MarkFunctionArn', 30, { status: 'failed', 'failure.$': '$.failure' }),
    Comment: 'Ours, and the retries are used up.',
    Next: 'Failed',
  },
  Failed: {
    Type: 'Fail',
    Comment: 'The message goes to the dead letters, from where it can be sent again.',
    Error: 'PipelineFailed',
    Cause: 'The image could not be processed; its record says why.',
  },
  Superseded: {
    Type: 'Succeed',
    Comment: 'Somebody else published, or the image is gone: nothing is left to do.',
  },
};

function task(
  placeholder: (typeof PLACEHOLDERS)[number],
  seconds: number,
  parameters: object,
): Omit<TaskState, 'Comment' | 'Next'> {
  return {
    Type: 'Task',
    Resource: `\${${placeholder}}`,
    TimeoutSeconds: seconds,
    Parameters: {
      'tenant_id.$': '$.tenant_id',
      'image_id.$': '$.image_id',
      'generation.$': '$.generation',
      ...parameters,
    },
    // The input goes on as it came, unless a state says where its result goes.
    ResultPath: null,
    Retry: RETRIES,
  };
}

function renderComment(document: PipelineDocument): string {
  const fused = stepNames(document).filter((_, index) => {
    const kind = document.steps[index]?.step;
    return kind !== undefined && !OWN_STATE.includes(kind);
  });
  const deferred = stepOf(document, 'convert').outputs.filter(({ when }) => when === 'first_request');
  const later = deferred.map(({ format }) => format).join(', ');
  const left = later && ` Left to a background message, sent when it is first asked for: ${later}.`;
  return `One fused plan for ${fused.join(', ')}.${left}`;
}

/** `${name}` in a text of the document would be replaced, or refused, by the tool that deploys the machine. */
function refusePlaceholders(document: PipelineDocument): void {
  const message = 'must not contain "${" in a pipeline that is exported: write it another way';
  const found = pathsOfTexts(document, (text) => text.includes('${'));
  if (found.length > 0) throw invalidPipeline(found.map((path) => documentError(path, message)));
}

type Path = readonly (string | number)[];

function pathsOfTexts(value: unknown, wanted: (text: string) => boolean, path: Path = []): Path[] {
  if (typeof value === 'string') return wanted(value) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    pathsOfTexts(item, wanted, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
