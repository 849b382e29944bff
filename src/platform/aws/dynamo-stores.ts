import type { Clock } from '../../images/clock.ts';
import type { Platform } from '../platform.ts';
import { createDynamoApiKeys } from './dynamo-api-keys.ts';
import { createDynamoAuditLog } from './dynamo-audit-log.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { createDynamoInvitations } from './dynamo-invitations.ts';
import { createDynamoMails } from './dynamo-mails.ts';
import { createDynamoMembers } from './dynamo-members.ts';
import { createDynamoPipelineStore } from './dynamo-pipeline-store.ts';
import { createDynamoSecrets } from './dynamo-secrets.ts';
import { createDynamoSinkLines } from './dynamo-sink-lines.ts';
import { createDynamoSubscriptions } from './dynamo-subscriptions.ts';
import { createDynamoTenantStore } from './dynamo-tenant-store.ts';
import { createDynamoTokenKeys } from './dynamo-token-keys.ts';
import { createDynamoWebhooks } from './dynamo-webhooks.ts';

export interface DynamoStoresDeps {
  readonly table: DynamoTable;
  readonly clock: Clock;
}

/** What is kept in the table besides images and work. */
export type DynamoStores = Pick<
  Platform,
  | 'pipelines'
  | 'tenants'
  | 'secrets'
  | 'apiKeys'
  | 'members'
  | 'invitations'
  | 'audit'
  | 'tokenKeys'
  | 'sinkLines'
  | 'mails'
  | 'webhookStore'
  | 'subscriptionStore'
>;

export function openDynamoStores({ table, clock }: DynamoStoresDeps): DynamoStores {
  return {
    pipelines: createDynamoPipelineStore(table, clock),
    tenants: createDynamoTenantStore(table, clock),
    secrets: createDynamoSecrets(table, clock),
    apiKeys: createDynamoApiKeys(table, clock),
    members: createDynamoMembers(table, clock),
    invitations: createDynamoInvitations(table, clock),
    audit: createDynamoAuditLog(table, clock),
    tokenKeys: createDynamoTokenKeys(table),
    sinkLines: createDynamoSinkLines(table),
    // People sign in elsewhere, so no mail carries a token of ours.
    mails: createDynamoMails({ table, clock }),
    webhookStore: createDynamoWebhooks(table, clock),
    subscriptionStore: createDynamoSubscriptions(table, clock),
  };
}
