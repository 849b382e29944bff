import type { Clock } from '../../images/clock.ts';
import type { Platform } from '../platform.ts';
import { createDynamoApiKeys } from './dynamo-api-keys.ts';
import { createDynamoAuditLog } from './dynamo-audit-log.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { createDynamoInvitations } from './dynamo-invitations.ts';
import { createDynamoMembers } from './dynamo-members.ts';
import { createDynamoPipelineStore } from './dynamo-pipeline-store.ts';
import { createDynamoSecrets } from './dynamo-secrets.ts';
import { createDynamoTenantStore } from './dynamo-tenant-store.ts';

export interface DynamoStoresDeps {
  readonly table: DynamoTable;
  readonly clock: Clock;
}

/** What is kept in the table besides images and work. */
export type DynamoStores = Pick<
  Platform,
  'pipelines' | 'tenants' | 'secrets' | 'apiKeys' | 'members' | 'invitations' | 'audit'
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
  };
}
