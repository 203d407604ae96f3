import { expect, test } from 'vitest';
import { demandRequirement } from '../src/lib/requirement.ts';

test.each(['requests', 'requests==2.32.3', 'pandas[excel, s3]>=2,<3', 'zope.interface ~= 7.0', 'numpy!=2.0.*', 'colorama; sys_platform == "win32"'])('is taken: %s', (text) => {
  expect(() => demandRequirement(text)).not.toThrow();
});

test.each([
  '',
  '-r other.txt',
  '--index-url=http://elsewhere.example/simple',
  '-e .',
  '.',
  './package',
  '/srv/package.whl',
  'package @ https://elsewhere.example/package.whl',
  'git+https://elsewhere.example/package',
  'requests\nother',
  'requests ==',
  'requests==2 --hash=sha256:00',
  '$(id)',
  'a'.repeat(501),
])('is refused: %j', (text) => {
  expect(() => demandRequirement(text)).toThrow(expect.objectContaining({ code: 'REQUIREMENT_INVALID' }));
});
