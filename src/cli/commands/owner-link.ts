import { Failure } from '../../failures.ts';
import { defineCommand } from '../command.ts';

export const ownerLinkCommand = defineCommand({
  name: 'owner-link',
  summary: 'make a new link by which the first owner gets an account',
  usage: ['owner-link [--json]'],
  details: `The first start prints such a link; this makes another, in place of it, as long as there is no owner. It is good once, for a
day. Without a browser, send its token to POST /v1/auth/claim-owner. An owner who has forgotten the password asks for a
new one as everybody does; with no mail server, "darkroom mail" shows that mail.`,
  operands: { least: 0, most: 0 },
  options: {},
  examples: [
    { command: 'darkroom owner-link', meaning: 'on the machine of the service, which may be running' },
  ],
  async run({ terminal, settings: read }) {
    const { settings } = read();
    const { withData } = await import('../data.ts');
    const { newOwnerToken } = await import('../../platform/owner-token.ts');
    const { pageLink } = await import('../../notices/mail-templates.ts');
    const token = await withData(settings, (platform) => newOwnerToken(platform));
    if (token === undefined) {
      throw new Failure(
        'already_registered',
        'There is an owner. Sign in as that one, or reset the password.',
      );
    }
    const link = pageLink(settings.publicUrl ?? settings.url, 'setup', token);
    terminal.document({ owner_link: link, token });
    terminal.line(link);
    return 0;
  },
});
