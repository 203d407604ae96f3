import { beforeEach } from 'vitest';

let noticed = false;

// One failure is enough: what a file would still test after it is not waited for.
beforeEach(({ onTestFailed, skip }) => {
  skip(noticed);
  onTestFailed(() => {
    noticed = true;
  });
});
