// PostgreSQL with pgvector in WebAssembly, in memory, one connection at a time, on a port of its own choice. Ends with its standard input.
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

process.stdin.on('end', () => process.exit(0)).resume();
const db = await PGlite.create({ extensions: { vector } });
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0 });
server.addEventListener('listening', event => console.log(`port ${event.detail.port}`));
await server.start();
