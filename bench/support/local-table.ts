/** DynamoDB in a process of its own, so that its work is not counted as Berth's: prints its port, and ends with its input. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import dynalite from 'dynalite';

const server: Server = dynalite({ createTableMs: 0 });
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('dynalite does not listen on a port');
console.log(address.port);
process.stdin.on('end', () => {
  process.exit();
});
process.stdin.resume();
