/** Bodies that a schema alone seldom hits upon, and that are worth spoiling. */
export const goodBodies: Readonly<Record<string, readonly unknown[]>> = {
  'POST /v1/upload': [{ filename: 'a.jpg', size: 1000, tags: { team: 'web' } }],
  'PUT /v1/pipelines/{name}': [
    {
      name: 'default',
      steps: [{ step: 'validate', formats: ['jpeg'] }],
    },
  ],
  'POST /v1/keys': [
    { name: 'fuzz', role: 'viewer' },
    { name: 'fuzz', role: 'editor', scopes: ['images:read'] },
  ],
  'POST /v1/invitations': [{ email: 'somebody@example.com', role: 'viewer' }],
  'PATCH /v1/tenant': [{ delivery: 'public' }, { cors_origins: ['https://a.example'] }, { retention: '2d' }],
  'POST /v1/image/{image_id}/link': [{ params: { w: '10' }, expires_in: 60 }, {}],
  'POST /v1/image/{image_id}/reprocess': [{}, { pipeline: 'default' }],
  'POST /v1/auth/sign-up': [{ email: 'a@example.com', password: 'correct horse battery staple' }],
  'POST /v1/auth/sign-in': [{ email: 'a@example.com', password: 'correct horse battery staple' }],
  'POST /v1/auth/forgot-password': [{ email: 'a@example.com' }],
};
