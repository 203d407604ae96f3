import { anchor, type Anchors, type Capability, implies, parseCapability } from './grammar.ts';

/** Tells whether one of some declared capabilities includes another. What cannot be read includes nothing, and is included by nothing. */
export function coverage(anchors: Anchors): (held: readonly string[], asked: string) => boolean {
  return (held, asked) => {
    const need = read(asked, anchors);
    return need !== undefined && held.some((text) => {
      const grant = read(text, anchors);
      return grant !== undefined && implies(grant, need);
    });
  };
}

function read(text: string, anchors: Anchors): Capability | undefined {
  try {
    return anchor(parseCapability(text), anchors);
  } catch {
    return undefined;
  }
}
