// PostgreSQL with pgvector in WebAssembly, in memory, on a port of its own choice. Ends with its standard input.
// One session serves all connections, one statement or transaction at a time: several are let in so that one that is just being closed
// does not keep the next one out.
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

process.stdin.on('end', () => process.exit(0)).resume();
const db = await PGlite.create({ extensions: { vector } });
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0, maxConnections: 8 });
server.addEventListener('listening', event => console.log(`port ${event.detail.port}`));
await server.start();
