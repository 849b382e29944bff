import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { underLock } from '../install/install-lock.ts';
import { runTool } from '../install/run-tool.ts';

/** For files that hold keys of 127.0.0.1 only. */
export const STORE_PASSWORD = 'darkroom-test';
const DAYS = '3650';
const BROKER_NAMES = 'SAN=IP:127.0.0.1,DNS:localhost';

export interface BrokerTls {
  /** what clients trust */
  readonly caPem: string;
  /** PKCS#12, the broker's key and its chain */
  readonly keyStore: string;
}

/** A certificate authority of our own and a broker's certificate by it, made once into the cache folder by Java's keytool. */
export async function brokerTls(): Promise<BrokerTls> {
  const folder = join(cacheFolder(), 'kafka-tls');
  const read = async () => ({
    caPem: await readFile(join(folder, 'ca.pem'), 'utf8'),
    keyStore: join(folder, 'broker.p12'),
  });
  return await read().catch(() =>
    underLock(`${folder}.lock`, async () => {
      await read().catch(() => make(folder));
      return await read();
    }),
  );
}

async function make(folder: string): Promise<void> {
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const [ca, broker] = [join(fresh, 'ca.p12'), join(fresh, 'broker.p12')];
  const [caPem, request, signed] = ['ca.pem', 'broker.csr', 'broker.pem'].map((file) =>
    join(fresh, file),
  ) as [string, string, string];
  const pair = ['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', DAYS];
  await keytool(ca, 'ca', [...pair, '-dname', 'CN=Darkroom test CA', '-ext', 'bc:c']);
  await keytool(broker, 'broker', [...pair, '-dname', 'CN=localhost', '-ext', BROKER_NAMES]);
  await keytool(ca, 'ca', ['-exportcert', '-rfc', '-file', caPem]);
  await keytool(broker, 'broker', ['-certreq', '-file', request]);
  const signing = [
    '-gencert',
    '-rfc',
    '-infile',
    request,
    '-outfile',
    signed,
    '-validity',
    DAYS,
    '-ext',
    BROKER_NAMES,
  ];
  await keytool(ca, 'ca', signing);
  await keytool(broker, 'ca', ['-importcert', '-noprompt', '-file', caPem]);
  await keytool(broker, 'broker', ['-importcert', '-noprompt', '-file', signed]);
  await rename(fresh, folder);
}

async function keytool(store: string, alias: string, args: readonly string[]): Promise<void> {
  const where = ['-keystore', store, '-storetype', 'PKCS12', '-storepass', STORE_PASSWORD, '-alias', alias];
  await runTool({ command: 'keytool', args: [...args, ...where], withinMs: 60_000 });
}
