import type { Settings } from '../../config.ts';

export interface Finding {
  readonly status: 'ok' | 'warning' | 'failed';
  /** what was found */
  readonly detail: string;
  /** what to do about it; given unless all is well */
  readonly mend?: string;
}

/** One thing that Darkroom needs of its machine. A check that throws has failed. */
export interface Check {
  readonly name: string;
  /** what to do where the check throws */
  readonly mend: string;
  look(settings: Settings): Promise<Finding>;
}

export interface CheckResult extends Finding {
  readonly name: string;
}

export const ok = (detail: string): Finding => ({ status: 'ok', detail });
export const warning = (detail: string, mend: string): Finding => ({ status: 'warning', detail, mend });
export const failed = (detail: string, mend: string): Finding => ({ status: 'failed', detail, mend });

export async function look(check: Check, settings: Settings): Promise<CheckResult> {
  try {
    return { name: check.name, ...(await check.look(settings)) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { name: check.name, ...failed(detail, check.mend) };
  }
}
