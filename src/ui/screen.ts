/** The longest unfinished sequence that is waited for; a longer one is printed as the text it is. */
const MAX_PENDING = 4096;

/** Control sequences of ECMA-48 and xterm: strings (title, clipboard, …), CSI, and the short ones. */
const SEQUENCE = /\u001b(?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[PX^_][^\u001b]*\u001b\\|\[[0-?]*[ -/]*[@-~]|[ -/]*[0-Z\\^-~])/g;
const UNFINISHED = /\u001b(?:\][^\u0007\u001b]*\u001b?|[PX^_][^\u001b]*\u001b?|\[[0-?]*[ -/]*|[ -/]*)$/;
const COLOUR = /^\u001b\[[\d;:]*m$/;
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f]|\u001b(?!\[[\d;:]*m)/g;

/**
 * Makes a filter for what a tool writes to a terminal: text, line breaks, tabs and colours pass; what would move the cursor, change the title or
 * reach the clipboard does not.
 *
 * @returns A function that takes the next chunk and gives what may be shown; call it without a chunk at the end.
 */
export function screenFilter(): (chunk?: Uint8Array) => string {
  const decoder = new TextDecoder();
  let pending = '';
  return (chunk) => {
    const text = pending + decoder.decode(chunk, { stream: chunk !== undefined });
    const unfinished = UNFINISHED.exec(text);
    const waits = chunk !== undefined && unfinished !== null && text.length - unfinished.index <= MAX_PENDING;
    pending = waits ? text.slice(unfinished.index) : '';
    const complete = waits ? text.slice(0, unfinished.index) : text;
    return complete.replaceAll(SEQUENCE, (sequence) => (COLOUR.test(sequence) ? sequence : '')).replaceAll(CONTROLS, '');
  };
}

const RESET = '\u001b[0m';

/** What ends the colours that a shown text leaves on: with them, what toka says next could stand there unseen. */
export function colourEnd(shown: string): string {
  const last = shown.lastIndexOf('\u001b[');
  return last === -1 || /^\u001b\[[0;]*m/.test(shown.slice(last)) ? '' : RESET;
}

/** The whole of a text that a terminal shows, and no colour after it. */
export function onScreen(text: string): string {
  const filter = screenFilter();
  const shown = filter(Buffer.from(text)) + filter();
  return shown + colourEnd(shown);
}
