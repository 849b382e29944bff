import { createRoute } from '@hono/zod-openapi';
import { isoTime } from '../../images/clock.ts';
import {
  ChallengeOrder,
  ForgotPasswordOrder,
  MailSent,
  RefreshOrder,
  ResetPasswordOrder,
  SignInAnswer,
  SignInOrder,
  SignUpOrder,
  TokenOnly,
  Tokens,
  Verified,
} from '../auth-schemas.ts';
import { limitJsonBody } from '../request-body.ts';
import { json, jsonBody, newRouter, type Router, refusals } from '../router.ts';
import type { Services } from '../services.ts';
import { clientOf, tokensView } from './auth-answers.ts';

const body = ['invalid_request', 'unsupported_media_type', 'body_too_large'] as const;

const signUpRoute = createRoute({
  method: 'post',
  path: '/v1/auth/sign-up',
  summary: 'Ask for an account and a tenant of your own',
  description:
    'Answers alike for all addresses. The account is made when the link in the mail is followed; an address that has one already is sent a mail that says so.',
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(SignUpOrder), required: true } },
  responses: {
    202: json('A mail is on its way', MailSent),
    ...refusals(...body, 'weak_password', 'sign_up_closed', 'overloaded'),
  },
});

const verifyRoute = createRoute({
  method: 'post',
  path: '/v1/auth/verify-email',
  summary: 'Confirm an address by the token that was sent there',
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(TokenOnly), required: true } },
  responses: {
    200: json('There is an account now', Verified),
    ...refusals(...body, 'token_invalid'),
  },
});

const signInRoute = createRoute({
  method: 'post',
  path: '/v1/auth/sign-in',
  summary: 'Sign in',
  description:
    'Answers alike for a wrong password and an unknown address. With a second factor, a challenge comes instead of tokens.',
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(SignInOrder), required: true } },
  responses: {
    200: json('Tokens, or a challenge', SignInAnswer),
    ...refusals(...body, 'invalid_credentials', 'forbidden', 'too_many_attempts', 'overloaded'),
  },
});

const challengeRoute = createRoute({
  method: 'post',
  path: '/v1/auth/mfa',
  summary: 'Answer the challenge of a sign-in, by an authenticator or a recovery code',
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(ChallengeOrder), required: true } },
  responses: {
    200: json('Tokens', Tokens),
    ...refusals(...body, 'token_invalid', 'code_wrong', 'forbidden', 'too_many_attempts'),
  },
});

const refreshRoute = createRoute({
  method: 'post',
  path: '/v1/auth/refresh',
  summary: 'New tokens for a refresh token',
  description: 'Each refresh token is good once: one that comes a second time ends the session.',
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(RefreshOrder), required: true } },
  responses: {
    200: json('Tokens', Tokens),
    ...refusals(...body, 'refresh_token_invalid', 'forbidden'),
  },
});

const forgotRoute = createRoute({
  method: 'post',
  path: '/v1/auth/forgot-password',
  summary: 'Ask for a link by which a new password can be set',
  description: 'Answers alike for all addresses.',
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(ForgotPasswordOrder), required: true } },
  responses: {
    202: json('A mail is on its way, if there is such an account', MailSent),
    ...refusals(...body),
  },
});

const resetRoute = createRoute({
  method: 'post',
  path: '/v1/auth/reset-password',
  summary: 'Set a new password by the token that was sent',
  description: 'Ends all sessions. A second factor stays on.',
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(ResetPasswordOrder), required: true } },
  responses: {
    204: { description: 'The password is set' },
    ...refusals(...body, 'token_invalid', 'weak_password', 'overloaded'),
  },
});

/** The calls by which people prove who they are. None of them needs credentials. */
export function authRoutes({ identity }: Pick<Services, 'identity'>): Router {
  const router = newRouter();

  router.openapi(signUpRoute, async (c) => {
    await identity.signUp(c.req.valid('json'));
    return c.json({ status: 'mail_sent' as const }, 202);
  });

  router.openapi(verifyRoute, async (c) => {
    await identity.verifyEmail(c.req.valid('json').token, clientOf(c));
    return c.json({ status: 'verified' as const }, 200);
  });

  router.openapi(signInRoute, async (c) => {
    const answer = await identity.signIn(c.req.valid('json'), clientOf(c));
    if ('accessToken' in answer) return c.json(tokensView(c, answer), 200);
    const { challenge, expiresAt } = answer;
    c.header('cache-control', 'no-store');
    return c.json({ status: 'mfa_required' as const, challenge, expires_at: isoTime(expiresAt) }, 200);
  });

  router.openapi(challengeRoute, async (c) => {
    return c.json(tokensView(c, await identity.answerChallenge(c.req.valid('json'), clientOf(c))), 200);
  });

  router.openapi(refreshRoute, async (c) => {
    const { refresh_token: token } = c.req.valid('json');
    return c.json(tokensView(c, await identity.refresh(token, clientOf(c))), 200);
  });

  router.openapi(forgotRoute, async (c) => {
    await identity.forgotPassword(c.req.valid('json').email);
    return c.json({ status: 'mail_sent' as const }, 202);
  });

  router.openapi(resetRoute, async (c) => {
    const { token, password } = c.req.valid('json');
    await identity.resetPassword(token, password, clientOf(c));
    return c.body(null, 204);
  });

  return router;
}
