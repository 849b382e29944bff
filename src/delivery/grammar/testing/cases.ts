import type { DeliveryRequest } from '../../request.ts';
import type { ParameterName } from '../table.ts';

/** A query and, of the request that it has to be read to, the part that matters. */
export interface GoodCase {
  readonly name: string;
  /** the parameter that the case is about */
  readonly about: ParameterName;
  readonly query: string;
  readonly gives: PartOf<DeliveryRequest>;
}

/** A query that has to be refused, and what the message has to say. */
export interface BadCase {
  readonly name: string;
  readonly about: ParameterName;
  readonly query: string;
  readonly message: string;
}

/** Properties that are undefined must not be there; those that are not named do not matter. */
export type PartOf<Value> = {
  readonly [Name in keyof Value]?: Value[Name] extends string | undefined
    ? Value[Name]
    : Some<Value[Name]> | undefined;
};
type Some<Value> = { readonly [Name in keyof NonNullable<Value>]?: NonNullable<Value>[Name] | undefined };

type Good = readonly [name: string, query: string, gives: PartOf<DeliveryRequest>];
type Bad = readonly [name: string, query: string, message: string];

export interface Cases {
  readonly good: readonly GoodCase[];
  readonly bad: readonly BadCase[];
}

/** Cases of one parameter. */
export function about(parameter: ParameterName, good: readonly Good[], bad: readonly Bad[]): Cases {
  return {
    good: good.map(([name, query, gives]) => ({ name, about: parameter, query, gives })),
    bad: bad.map(([name, query, message]) => ({ name, about: parameter, query, message })),
  };
}

export function together(...cases: readonly Cases[]): Cases {
  return { good: cases.flatMap(({ good }) => good), bad: cases.flatMap(({ bad }) => bad) };
}
