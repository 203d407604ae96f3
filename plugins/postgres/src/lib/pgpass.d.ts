declare module 'pgpass/lib/helper.js' {
  import type { Readable } from 'node:stream';

  export function getPassword(
    connection: { readonly host: string; readonly port: number; readonly database: string; readonly user: string },
    file: Readable,
    found: (password: string | undefined) => void,
  ): void;
}
