import fc from 'fast-check';
import { nearly, type Schema, type Schemas, validFor } from './from-schema.ts';
import { goodBodies } from './good-bodies.ts';
import { hostileBodies, hostileText } from './hostile-values.ts';

/** As much of an OpenAPI document as requests are made of. */
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Schemas };
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

/** One documented call. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** A request that may be sent. */
export interface MadeRequest {
  readonly call: Call;
  /** whose credentials, by place in the list of those that there are */
  readonly who: number;
  /** escaped; `{image_id}` and its like stand for themselves where a real id is to be put in */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

export function callsOf({ paths }: Document): Call[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

export interface Ingredients {
  readonly document: Document;
  /** real bytes of a picture */
  readonly picture: Uint8Array;
}

/** Requests of all documented calls: about as many that should work as that should not. */
export function anyRequest({ document, picture }: Ingredients): fc.Arbitrary<MadeRequest> {
  const schemas = document.components?.schemas ?? {};
  const made = callsOf(document).map((call) => requestOf(call, { schemas, picture }));
  return fc.oneof(...made);
}

interface Means {
  readonly schemas: Schemas;
  readonly picture: Uint8Array;
}

function requestOf(call: Call, means: Means): fc.Arbitrary<MadeRequest> {
  const { parameters = [] } = call.operation;
  const of = (place: Parameter['in']) => parameters.filter((parameter) => parameter.in === place);
  return fc
    .record({
      who: fc.nat({ max: 1000 }),
      path: fc.tuple(...of('path').map((parameter) => pathValue(parameter))),
      query: fc.tuple(...of('query').map((parameter) => optional(parameter, means.schemas))),
      headers: fc.tuple(...of('header').map((parameter) => optional(parameter, means.schemas))),
      body: bodyOf(call, means),
      more: fc.oneof(
        { weight: 9, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.tuple(hostileText, hostileText) },
      ),
    })
    .map(({ who, path, query, headers, body, more }) => {
      const pairs = [...query.filter((pair) => pair !== undefined), ...(more ? [more] : [])];
      const search = pairs.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&');
      const own = headers
        .filter((pair) => pair !== undefined)
        .map(([name, value]) => [name, headerSafe(value)]);
      const filled = of('path').reduce(
        (target, { name }, index) => target.replace(`{${name}}`, path[index] ?? ''),
        call.path,
      );
      return {
        ...{ call, who },
        target: search === '' ? filled : `${filled}?${search}`,
        headers: { ...tusHeaders(call), ...Object.fromEntries(own), ...body.headers },
        body: body.bytes,
      };
    });
}

/** Mostly an id that there is; else anything, escaped properly or not at all. */
function pathValue({ name }: Parameter): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(`{${name}}`) },
    { weight: 1, arbitrary: fc.uuid() },
    { weight: 2, arbitrary: hostileText.map(escaped) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('..', '..%2f..', '%00', '%ff', '%', ';', '.', '%2e%2e', 'a'.repeat(5000)),
    },
  );
}

/** A wait for an image that nobody sends takes half a minute: that is not what is looked for here. */
const unasked: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  wait: fc.constantFrom('never', 'READY', ''),
};

function optional(parameter: Parameter, schemas: Schemas): fc.Arbitrary<[string, string] | undefined> {
  const { name, schema = {}, required = false } = parameter;
  const value = fc.oneof(
    { weight: 3, arbitrary: unasked[name] ?? validFor(schema, schemas) },
    { weight: 1, arbitrary: hostileText },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 5000 }) },
  );
  const pair = value.map((given): [string, string] => [
    name,
    typeof given === 'string' ? given : String(given),
  ]);
  return fc.option(pair, { nil: undefined, freq: required ? 12 : 1 });
}

interface Body {
  readonly headers: Record<string, string>;
  readonly bytes: string | Uint8Array | undefined;
}

function bodyOf(
  { method, path, operation: { requestBody } }: Call,
  { schemas, picture }: Means,
): fc.Arbitrary<Body> {
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const none = fc.constant<Body>({ headers: {}, bytes: undefined });
  if (type === undefined)
    return fc.oneof({ weight: 8, arbitrary: none }, { weight: 1, arbitrary: rawBody(type) });
  if (type !== 'application/json') {
    return fc.oneof(
      { weight: 5, arbitrary: fileBody(type, picture) },
      { weight: 1, arbitrary: rawBody(type) },
    );
  }
  const good = goodBodies[`${method} ${path}`] ?? [];
  const valid = validFor(content?.schema ?? {}, schemas);
  const likely = good.length === 0 ? valid : fc.oneof(valid, fc.constantFrom(...good));
  const asJson = (value: unknown): Body => ({
    headers: { 'content-type': 'application/json' },
    bytes: JSON.stringify(value) ?? 'null',
  });
  return fc.oneof(
    { weight: 5, arbitrary: likely.map(asJson) },
    { weight: 5, arbitrary: nearly(likely).map(asJson) },
    { weight: 2, arbitrary: rawBody(type) },
    { weight: 1, arbitrary: none },
  );
}

function rawBody(type: string | undefined): fc.Arbitrary<Body> {
  const types = [
    type ?? 'application/json',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'x',
  ];
  return fc
    .tuple(fc.constantFrom(...hostileBodies), fc.constantFrom(...types))
    .map(([bytes, contentType]) => ({ headers: { 'content-type': contentType }, bytes }));
}

function fileBody(type: string, picture: Uint8Array): fc.Arbitrary<Body> {
  const form = (inner: Uint8Array) =>
    Buffer.concat([
      Buffer.from('--b\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'),
      inner,
      Buffer.from('\r\n--b--\r\n'),
    ]);
  const bytes = fc.oneof(
    { weight: 3, arbitrary: fc.constant(picture) },
    { weight: 1, arbitrary: fc.nat({ max: picture.length }).map((end) => picture.subarray(0, end)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 2000 }) },
  );
  const plain = type.includes('*') ? 'application/octet-stream' : type;
  return fc
    .tuple(bytes, fc.boolean())
    .map(([file, isForm]) =>
      isForm && type !== 'application/offset+octet-stream'
        ? { headers: { 'content-type': 'multipart/form-data; boundary=b' }, bytes: form(file) }
        : { headers: { 'content-type': plain }, bytes: file },
    );
}

/** What tus asks for in headers, which the document leaves to the protocol. */
function tusHeaders({ path, method }: Call): Record<string, string> {
  if (!path.startsWith('/v1/resumable')) return {};
  return method === 'PATCH'
    ? { 'tus-resumable': '1.0.0', 'upload-offset': '0' }
    : { 'tus-resumable': '1.0.0', 'upload-length': '1000' };
}

function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** What a client can send at all. */
function headerSafe(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 2000);
}
