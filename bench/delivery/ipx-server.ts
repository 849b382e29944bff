/** ipx over one folder: `ipx-server.ts FOLDER PORT`. Says so when it listens. */
import { createServer } from 'node:http';

const [dir = '.', port = '0'] = process.argv.slice(2);
/** How pictures are written, as sharp calls it inside: ipx hands it through. So its pictures are like ours. */
const asWeWrite: object = { pngAdaptiveFiltering: true, heifEffort: 1, heifChromaSubsampling: '4:2:0' };

const { createIPX, createIPXNodeServer, ipxFSStorage } = await import('ipx');
const ipx = createIPX({ storage: ipxFSStorage({ dir }), sharpOptions: asWeWrite });
createServer(createIPXNodeServer(ipx)).listen(Number(port), '127.0.0.1', () => console.log('listening'));
