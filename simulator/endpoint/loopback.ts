import type { Server } from 'node:http';

/** Nobody is asked who he is, so whoever can connect may call: only this machine can. */
const loopback = '127.0.0.1';

/** Puts a server on 127.0.0.1, at any free port where none is asked for; answers its address. */
export const listenOnLoopback = (server: Server, port: number): Promise<string> =>
  new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, loopback, () => {
      server.off('error', failed);
      const address = server.address();
      if (address === null || typeof address === 'string') failed(new Error('listening, but on no port'));
      else done(`http://${loopback}:${address.port}`);
    });
  });

/** Ends every connection, those with a call under way too. */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => {
      done();
    });
    server.closeAllConnections();
  });
