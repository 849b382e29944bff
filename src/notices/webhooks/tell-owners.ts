import type { Logger } from 'pino';
import type { Members } from '../../identity/members.ts';
import type { MailOutbox } from '../mail-outbox.ts';
import type { DisabledBecause, Webhook } from './webhook.ts';

const reasons: Readonly<Record<DisabledBecause, string>> = {
  gone: 'has answered that it is gone for good (410)',
  failing: 'has taken nothing for five days',
};

/** Tells the owners of a tenant by mail that a webhook of theirs is not told anything any more. */
export function tellOwners({
  members,
  mails,
  wakeMail,
  log,
}: {
  members: Pick<Members, 'list'>;
  mails: Pick<MailOutbox, 'post'>;
  wakeMail: () => void;
  log: Pick<Logger, 'warn'>;
}): (webhook: Webhook, because: DisabledBecause) => Promise<void> {
  return async ({ tenantId, webhookId, description }, because) => {
    log.warn({ tenant_id: tenantId, webhook_id: webhookId, because }, 'a webhook was made inactive');
    for (const { role, status, email } of await members.list(tenantId)) {
      if (role !== 'owner' || status !== 'active' || email === undefined) continue;
      const words = { webhook: webhookId, description, reason: reasons[because] };
      await mails.post({ to: email, template: 'webhook_disabled', words });
    }
    wakeMail();
  };
}
