// Packs each package that is published, and lints what people would install.
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { readWorkspaces } from './workspaces.mjs';

const root = join(import.meta.dirname, '../..');
const published = readWorkspaces(root).filter(({ manifest }) => !manifest.private);
if (published.length < 2) throw new Error('expected the root and its plugins to be published');

for (const { folder, manifest } of published) {
  const { messages } = await publint({ pkgDir: join(root, folder), pack: 'npm', strict: true });
  for (const message of messages) {
    console.error(`${manifest.name}: ${message.type}: ${formatMessage(message, manifest, { color: false })}`);
    process.exitCode = 1;
  }
}
