/** The types of prepare.mjs, for callers in TypeScript. */

interface Options {
  readonly log?: (line: string) => void;
}

/** The preparation failed; the message says what to do. */
export class NotPrepared extends Error {}
/** Installs and builds what is missing or old. @throws NotPrepared */
export function prepare(options?: Options): Promise<void>;
/** `npm ci` when node_modules does not hold what the lock names. @throws NotPrepared */
export function install(options?: Options): Promise<void>;
/** Compiles into dist/ when a source is newer. @throws NotPrepared */
export function build(options?: Options): Promise<void>;
