import type { RateRuleName } from '../limits/rules.ts';

interface RateClass {
  readonly rule: RateRuleName;
  readonly methods: readonly string[];
  readonly path: RegExp;
}

/**
 * Which rule a request falls under: the first that matches. None for probes, the figures and pictures, which have
 * other bounds.
 */
const classes: readonly RateClass[] = [
  { rule: 'public', methods: ['POST'], path: /^\/v1\/auth\/refresh$/ },
  { rule: 'writes', methods: ['POST'], path: /^\/v1\/auth\/sign-out$/ },
  // Each of them tries a password, a code or a token.
  { rule: 'sign_in', methods: ['POST'], path: /^\/v1\/auth\// },
  { rule: 'uploads', methods: ['POST'], path: /^\/v1\/images$/ },
  { rule: 'uploads', methods: ['PUT'], path: /^\/v1\/upload\// },
  { rule: 'uploads', methods: ['POST', 'PATCH'], path: /^\/v1\/resumable(?:\/|$)/ },
  { rule: 'reads', methods: ['GET', 'HEAD'], path: /^\/v1\// },
  { rule: 'writes', methods: ['POST', 'PUT', 'PATCH', 'DELETE'], path: /^\/v1\// },
  { rule: 'public', methods: ['GET', 'HEAD'], path: /^\/(?!(?:i|healthz|readyz|metrics)(?:\/|$))/ },
];

export function rateClass(method: string, path: string): RateRuleName | undefined {
  return classes.find((one) => one.methods.includes(method) && one.path.test(path))?.rule;
}
