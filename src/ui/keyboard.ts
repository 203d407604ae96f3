import { PassThrough } from 'node:stream';

/** The terminal as a prompt reads it; `end` gives it back. */
export interface Keyboard {
  readonly input: PassThrough & { setRawMode(isRaw: boolean): void };
  end(): void;
}

/** A text with Enter in it that comes at once was pasted, or typed for something else. */
const PASTED = /^[^\u001b][^]*[\r\n]/;

/** Keys as they are pressed: what is pasted answers no question. */
export function keyboard(stdin: NodeJS.ReadStream): Keyboard {
  const input = Object.assign(new PassThrough(), { setRawMode: (isRaw: boolean): void => void stdin.setRawMode(isRaw) });
  const pass = (bytes: Buffer): void => {
    if (!PASTED.test(bytes.toString('latin1'))) input.write(bytes);
  };
  const ended = (): void => void input.end();
  stdin.on('data', pass).on('end', ended).resume();
  return {
    input,
    end() {
      stdin.off('data', pass).off('end', ended);
      stdin.pause();
    },
  };
}
