import { createToka } from '../../src/toka.ts';

// A process of its own that runs two tools in turn, one with effects and one without, and tells how each run ended.
const [count = '0'] = process.argv.slice(2);
const toka = await createToka();
const codes: string[] = [];
for (let run = 0; run < Number(count); run++) {
  const request =
    run % 2 === 0
      ? toka.request({ name: 'file-reader' }, { path: 'notes.txt' })
      : { ...toka.request({ name: 'file-writer' }, { path: `made-${process.pid}`, content: 'x', mode: 'overwrite' }), allow: ['fs:read:**', 'fs:write:**'] };
  const { error } = await toka.run(request);
  codes.push(error?.code ?? 'ok');
}
await toka.close();
console.log(JSON.stringify(codes));
