import { Failure } from '../../../failures.ts';
import type { Identity } from '../../../identity/identity.ts';
import { base32, totpUri } from '../../../identity/totp.ts';
import { notify, type Parts } from './parts.ts';
import { assertPassword, wrongCode } from './sign-in.ts';

type SecondFactorCalls = Pick<Identity, 'enableMfa' | 'confirmMfa' | 'renewRecoveryCodes' | 'disableMfa'>;

export function createSecondFactor(parts: Parts): SecondFactorCalls {
  const { factors, attempts, sessions, serviceName } = parts;

  async function assertBoth(userId: string, { password, code }: { password: string; code: string }) {
    const account = await assertPassword(parts, userId, password);
    if (!factors.isOn(userId)) throw notOn();
    attempts.begin('factor', userId);
    if (!factors.accept(userId, code)) throw wrongCode();
    attempts.forgive('factor', userId);
    return account;
  }

  return {
    async enableMfa(userId, password) {
      const { email } = await assertPassword(parts, userId, password);
      if (factors.isOn(userId)) throw alreadyOn();
      const secret = factors.begin(userId);
      return { secret: base32(secret), uri: totpUri(secret, { issuer: serviceName(), account: email }) };
    },

    async confirmMfa({ userId, sessionId }, code) {
      if (factors.isOn(userId)) throw alreadyOn();
      if (!factors.isBegun(userId)) throw notOn();
      attempts.begin('factor', userId);
      const recoveryCodes = factors.confirm(userId, code);
      if (recoveryCodes === undefined) throw wrongCode();
      attempts.forgive('factor', userId);
      sessions.endAll(userId, sessionId);
      const account = await (await parts.accounts()).byId(userId);
      if (account) notify(parts, account, 'mfa_on');
      return recoveryCodes;
    },

    async renewRecoveryCodes(userId, proof) {
      const account = await assertBoth(userId, proof);
      const recoveryCodes = factors.renew(userId);
      notify(parts, account, 'mfa_codes');
      return recoveryCodes;
    },

    async disableMfa({ userId, sessionId }, proof) {
      const account = await assertBoth(userId, proof);
      factors.remove(userId);
      sessions.endAll(userId, sessionId);
      notify(parts, account, 'mfa_off');
    },
  };
}

function alreadyOn(): Failure {
  return new Failure('mfa_already_on', 'The second factor is on. Turn it off before you set up another.');
}

function notOn(): Failure {
  return new Failure('mfa_not_on', 'The second factor is not on. Begin with POST /v1/auth/mfa/enable.');
}
