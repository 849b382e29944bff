import { expect, it } from 'vitest';
import { assertGoodPassword } from './password-policy.ts';

const ada = { email: 'ada.lovelace@example.com', name: 'Ada Lovelace' };

it.each([
  'correct horse battery',
  'elephants never forget',
  'ich mag Käsekuchen',
  'Tr0ub4dor&3 xkcd',
  '私は毎朝六時に起きてコーヒーを飲む',
  '😀🐘🎷🚲🌵🍉🧭🪁🔭🧵🥁🛶',
  `${'long '.repeat(3)}and with words ${'x'.repeat(200)}`,
])('takes %s', async (password) => {
  await expect(assertGoodPassword(password, ada)).resolves.toBeUndefined();
});

it.each([
  ['too short', 'elevenchars'],
  ['too long', 'four words of my own '.repeat(13)],
  ['one letter', 'aaaaaaaaaaaaaaaa'],
  ['few letters', '111222333444'],
  ['the alphabet', 'abcdefghijklmnop'],
  ['the alphabet, backwards', 'ponmlkjihgfedcba'],
  ['the keyboard', 'qwertyuiopasdf'],
  ['the digits', '123456789012345'],
  ['on the list', 'passwordpassword'],
  ['on the list, with a year', 'Password2024!!'],
  ['on the list, in disguise', 'P@$$w0rdP@$$w0rd'],
  ['on the list, spaced out', 'p a s s w o r d 1 2 3'],
  ['on the list, twice', 'sunshine-sunshine'],
  ['on the list, with accents', 'pässwördpässwörd'],
  ['the address', 'ada.lovelace@example.com'],
  ['what is before the @', 'ada.lovelace1'],
  ['the name', 'Ada Lovelace 1815'],
  ['the service', 'darkroomdarkroom'],
  ['the service and a digit or two', 'Darkroom-2024'],
])('refuses %s: %s', async (_, password) => {
  await expect(assertGoodPassword(password, ada)).rejects.toMatchObject({ code: 'weak_password' });
});
