import { describe, expect, it } from 'vitest';
import { parseEnv } from '../../src/env/grammar.ts';
import { checkSyntax } from '../../src/env/syntax.ts';

function kinds(source: string): string[] {
  return checkSyntax(source, parseEnv(source)).map(({ kind, line, column }) => `${kind} ${line ?? '-'}:${column ?? '-'}`);
}

describe('how an env file is written', () => {
  it('has nothing to say about plain, quoted, empty and commented values', () => {
    expect(kinds('# title\nA=1\nB="two words"\nC=\'x\'\nD=\nE=a=b==\nF="multi\nline"\nG=1 ')).toEqual([]);
  });

  it.each([
    ['A=two words', 'unquoted-space 1:3'],
    ['A = b', 'space-around-equals 1:1'],
    ['A= b', 'space-around-equals 1:3'],
    ['A: b', 'colon 1:4'],
    ['export A=b', 'export 1:8'],
    ['1A=b', 'name 1:1'],
    ['my-key=b', 'name 1:1'],
    ['A="open', 'unterminated-quote 1:3'],
    ["A='open\nB=1", 'unterminated-quote 1:3'],
    ['A="x" y', 'text-after-quote 1:3'],
    ['A=pass#word', 'hash-cut 1:7'],
    ['A=\n"late"', 'next-line 2:1'],
    ['A="one\nB=2\nC="\n', 'swallowed-lines 1:3'],
    ['NOTHING', 'syntax 1:1'],
    ['A B=1', 'syntax 1:1'],
    ['=1', 'syntax 1:1'],
    ['set A=1', 'syntax 1:1'],
    ['Ä=1', 'syntax 1:1'],
    ['\uFEFFA=1', 'bom 1:1'],
    ['A=1\nB=2\r\nC=3', 'crlf 2:-'],
    ['A=\0', 'encoding -:-'],
  ])('reports %j as %s', (source, found) => {
    expect(kinds(source)).toEqual([found]);
  });

  it('takes a "#" after a space for a comment', () => {
    expect(kinds('A=word # comment')).toEqual([]);
  });

  it('names the line that wins among duplicates, and takes a conflict more seriously than a repetition', () => {
    const notes = checkSyntax('', parseEnv('A=1\nB=x\nA=2\nB=x\n'));
    expect(notes.map(({ kind, line, severity, message }) => [kind, line, severity, /line (\d+) wins/.exec(message)?.[1]])).toEqual([
      ['duplicate', 1, 'error', '3'],
      ['duplicate', 2, 'warning', '4'],
    ]);
  });
});
