import { z } from '@hono/zod-openapi';
import { permissions, roles } from '../identity/permissions.ts';

/** What goes in and out under /v1/auth. Bounds of secrets only keep out what is no secret at all. */

const Email = z.email().max(254).openapi({ example: 'ada@example.com' });
const GivenPassword = z.string().min(1).max(1024);
const NewPassword = z
  .string()
  .min(1)
  .max(1024)
  .describe('12 to 256 characters of any kind; not one of those that attackers try first')
  .openapi({ example: 'four words of your own' });
const Name = z.string().trim().min(1).max(100).openapi({ example: 'Ada' });
const Token = z.string().min(1).max(256).describe('from the link, behind #token=');
const Code = z.string().trim().min(6).max(32).describe('six digits of the authenticator, or a recovery code');

export const SignUpOrder = z
  .strictObject({ email: Email, password: NewPassword, name: Name })
  .openapi('SignUpOrder');
export const TokenOnly = z.strictObject({ token: Token }).openapi('MailToken');
export const SignInOrder = z.strictObject({ email: Email, password: GivenPassword }).openapi('SignInOrder');
export const ChallengeOrder = z
  .strictObject({ challenge: z.string().min(1).max(256).describe('as sign-in answered it'), code: Code })
  .openapi('ChallengeOrder');
export const RefreshOrder = z
  .strictObject({ refresh_token: z.string().min(1).max(256) })
  .openapi('RefreshOrder');
export const SignOutOrder = z
  .strictObject({ everywhere: z.boolean().default(false).describe('all sessions, not only this one') })
  .openapi('SignOutOrder');
export const ForgotPasswordOrder = z.strictObject({ email: Email }).openapi('ForgotPasswordOrder');
export const ResetPasswordOrder = z
  .strictObject({ token: Token, password: NewPassword })
  .openapi('ResetPasswordOrder');
export const ChangePasswordOrder = z
  .strictObject({ current_password: GivenPassword, new_password: NewPassword })
  .openapi('ChangePasswordOrder');
export const ClaimOrder = z
  .strictObject({ token: Token, email: Email, password: NewPassword, name: Name })
  .openapi('ClaimOwnerOrder');
export const AcceptanceOrder = z
  .strictObject({ token: Token, password: NewPassword, name: Name })
  .openapi('AcceptInvitationOrder');
export const MfaEnableOrder = z.strictObject({ password: GivenPassword }).openapi('MfaEnableOrder');
export const MfaConfirmOrder = z.strictObject({ code: Code }).openapi('MfaConfirmOrder');
const bothFactors = { password: GivenPassword, code: Code };
export const MfaDisableOrder = z.strictObject(bothFactors).openapi('MfaDisableOrder');
export const RecoveryCodesOrder = z.strictObject(bothFactors).openapi('RecoveryCodesOrder');

export const MailSent = z.object({ status: z.literal('mail_sent') }).openapi('MailSent');
export const Verified = z.object({ status: z.literal('verified') }).openapi('Verified');

const tokenFields = {
  token_type: z.literal('Bearer'),
  access_token: z.string().describe('a JWT, to be sent as Authorization: Bearer {access_token}'),
  expires_in: z.number().int().positive().describe('seconds'),
  refresh_token: z.string().describe('good for one refresh'),
  refresh_token_expires_at: z.iso.datetime(),
  user_id: z.string(),
  tenant_id: z.string(),
  role: z.enum(roles),
};

export const Tokens = z.object({ status: z.literal('signed_in'), ...tokenFields }).openapi('Tokens');
const MfaRequired = z
  .object({
    status: z.literal('mfa_required'),
    challenge: z.string().describe('for POST /v1/auth/mfa'),
    expires_at: z.iso.datetime(),
  })
  .openapi('MfaRequired');
export const SignInAnswer = z.union([Tokens, MfaRequired]).openapi('SignInAnswer');

export const Me = z
  .object({
    user_id: z.string(),
    tenant_id: z.string(),
    role: z.enum(roles),
    permissions: z.array(z.enum(permissions)).describe('what these credentials allow, at least in part'),
    credential: z.enum(['key', 'token']),
    session_id: z.string().optional(),
    email: z.string().optional().describe('absent for who signs in elsewhere'),
    name: z.string().optional(),
    mfa: z.boolean().optional().describe('whether signing in takes a second factor'),
    created_at: z.iso.datetime().optional(),
  })
  .openapi('Me');

export const SessionList = z
  .object({
    sessions: z.array(
      z.object({
        session_id: z.string(),
        current: z.boolean().describe('the one that asks'),
        created_at: z.iso.datetime(),
        last_used_at: z.iso.datetime().describe('when it was begun or last refreshed'),
        expires_at: z.iso.datetime().describe('unless it is refreshed before'),
        ip: z.string().optional(),
        user_agent: z.string().optional(),
      }),
    ),
  })
  .openapi('SessionList');

export const MfaSetup = z
  .object({
    secret: z.string().describe('base32, to be typed into an authenticator'),
    uri: z.string().describe('otpauth://, to be shown as a QR code'),
  })
  .openapi('MfaSetup');
export const RecoveryCodes = z
  .object({
    recovery_codes: z.array(z.string()).describe('each does once what a code does; not shown again'),
  })
  .openapi('RecoveryCodes');

export const KeySet = z
  .object({ keys: z.array(z.record(z.string(), z.unknown())) })
  .openapi('JsonWebKeySet', { description: 'RFC 7517; public keys only' });
