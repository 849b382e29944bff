import type { OpenAPIHono } from '@hono/zod-openapi';
import { type CallRule, callTable } from '../identity/call-table.ts';
import { PROBLEM_TYPE } from './problem.ts';

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

/** The document with what the table of calls says: the permission that each operation asks for, and its refusal. */
export function withPermissions(document: Document): Document {
  for (const [call, rule] of Object.entries(callTable)) {
    const words = wordsOf(rule);
    const [method = '', path = ''] = call.split(' ');
    const operation = operationOf(document, method, path);
    if (words === undefined || operation === undefined) continue;
    const { description } = operation;
    operation.description = description === undefined ? words : `${description}\n\n${words}`;
    operation['x-darkroom-permission'] = rule.asks;
    operation.responses = { ...operation.responses, 403: refusal(operation.responses?.['403']?.description) };
  }
  return document;
}

interface Operation {
  description?: string;
  responses?: Record<string, { description?: string }>;
  'x-darkroom-permission'?: string;
}

function operationOf({ paths }: Document, method: string, path: string): Operation | undefined {
  const operations = paths?.[path] as Record<string, Operation> | undefined;
  return operations?.[method.toLowerCase()];
}

function wordsOf({ asks, orSelf }: CallRule): string | undefined {
  if (asks === 'open' || asks === 'signed' || asks === 'anyone') return undefined;
  return `Takes the permission ${asks}${orSelf ? ', or to be this person' : ''}.`;
}

/** `forbidden`, beside what else of this status the route answers with. */
function refusal(others = '') {
  const codes = new Set([...others.split(', '), 'forbidden'].filter((code) => code !== ''));
  return {
    description: [...codes].join(', '),
    content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}
