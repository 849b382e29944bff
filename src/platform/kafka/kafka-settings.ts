/** How to reach a cluster. */
export interface KafkaSettings {
  /** host:port */
  readonly brokers: readonly string[];
  readonly group: string;
  /** milliseconds without a heartbeat after which the others of the group take over; 30 s by default */
  readonly sessionMs?: number;
  readonly tls?: TlsSettings;
  readonly sasl?: SaslSettings;
}

/** Paths of PEM files, read at each start. */
export interface TlsSettings {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

export const SASL_MECHANISMS = [
  'plain',
  'scram-sha-256',
  'scram-sha-512',
  'oauthbearer',
  'aws-msk-iam',
] as const;
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

export type SaslSettings =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  /** a file with the token, read anew for each connection: whoever renews it writes it there */
  | { readonly mechanism: 'oauthbearer'; readonly tokenFile: string }
  | { readonly mechanism: 'aws-msk-iam'; readonly region: string };
