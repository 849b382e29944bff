import { facesParameters } from './faces.ts';
import { frameParameters } from './frame.ts';
import { lookParameters } from './look.ts';
import { markParameters } from './mark.ts';
import { outputParameters } from './output.ts';
import type { Given, Parameters } from './parameter.ts';
import { sizeParameters } from './size.ts';
import { sourceParameters } from './source.ts';
import { textParameters } from './text.ts';
import { turnParameters } from './turn.ts';

/** The one table of the grammar: what is not here is ignored in URLs. */
export const parameters = {
  ...sizeParameters,
  ...sourceParameters,
  ...outputParameters,
  ...lookParameters,
  ...turnParameters,
  ...frameParameters,
  ...markParameters,
  ...textParameters,
  ...facesParameters,
} satisfies Parameters;

export type ParameterName = keyof typeof parameters;
export type AllGiven = Given<typeof parameters>;

export const parameterNames = Object.keys(parameters) as ParameterName[];

/** How a name in a URL is to be understood. */
export interface NameMeaning {
  readonly parameter: ParameterName;
  /** the value is base64url */
  readonly isEncoded: boolean;
}

/** By every name that a URL may use: aliases and base64 variants too. */
export const names: ReadonlyMap<string, NameMeaning> = new Map(parameterNames.flatMap(namesOf));

function namesOf(parameter: ParameterName): [string, NameMeaning][] {
  const { aliases = [], isRepeatable }: Parameters[string] = parameters[parameter];
  const plain = [parameter, ...aliases];
  const encoded = isRepeatable ? [] : plain.map((name) => `${name}64`);
  return [
    ...plain.map((name): [string, NameMeaning] => [name, { parameter, isEncoded: false }]),
    ...encoded.map((name): [string, NameMeaning] => [name, { parameter, isEncoded: true }]),
  ];
}
