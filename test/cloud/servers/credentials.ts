/** What every server here is started with, or takes; none is reachable from outside this machine. */
export const REGION = 'us-east-1';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Twelve digits: MiniStack takes such a key as the account, so that accounts do not see each other's things. */
export const credentials: Credentials = {
  accessKeyId: '100000000001',
  secretAccessKey: 'darkroom-test-secret-0001',
};

/** The settings of an SDK client of one of these servers: one attempt, so that a test sees the first answer. */
export function clientSettings(endpoint: string, as: Credentials = credentials) {
  return { endpoint, region: REGION, credentials: as, maxAttempts: 1 } as const;
}
