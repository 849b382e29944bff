/** ipx over one folder: `ipx-server.ts FOLDER PORT`. Says so when it listens. */
import { createServer } from 'node:http';

const [dir = '.', port = '0'] = process.argv.slice(2);
const { createIPX, createIPXNodeServer, ipxFSStorage } = await import('ipx');
const ipx = createIPX({ storage: ipxFSStorage({ dir }) });
createServer(createIPXNodeServer(ipx)).listen(Number(port), '127.0.0.1', () => console.log('listening'));
