import { startVersitygw } from '../../versitygw.ts';

/** Starts a server, says which, and waits for its own end. */
const server = await startVersitygw();
process.stdout.write(`${JSON.stringify({ pid: server.pid, folder: server.place.folder })}\n`);
setInterval(() => {}, 60_000);
