import { isoTime } from '../../images/clock.ts';
import type { Message } from './webhook.ts';

/**
 * What is sent: ids, words and addresses of this service, nothing of what a picture shows, is called or says of anybody.
 * Whoever may know more asks for it at the address.
 */
export function messageBody(message: Message, publicUrl: string): string {
  const { type, id, tenantId, at } = message;
  const envelope = { type, timestamp: isoTime(at) };
  if (message.type === 'webhook.test')
    return JSON.stringify({ ...envelope, data: { sequence: id, tenant_id: tenantId } });
  const { imageId, status, generation, errorCode } = message;
  return JSON.stringify({
    ...envelope,
    data: {
      // Grows with time within a tenant: of two events of an image the later one has the greater text.
      sequence: id,
      tenant_id: tenantId,
      image_id: imageId,
      status,
      ...(generation !== undefined && { generation }),
      ...(errorCode !== undefined && { error_code: errorCode }),
      url: `${publicUrl}/v1/image/${imageId}`,
    },
  });
}
