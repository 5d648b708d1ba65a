/** dynalite brings no types of its own: as much of it as is used here. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface Options {
    /** How long a table stays CREATING, in milliseconds; 500 by default. */
    readonly createTableMs?: number;
  }

  export default function dynalite(options?: Options): Server;
}
