/** A tool that changes things only by its calls, one of each effect class. */
exports.default = {
  name: 'release',
  async run({ version }, ctx) {
    const counted = await ctx.call('count-lines', { file: 'CHANGES' });
    const written = await ctx.call('file-writer', { path: 'VERSION', content: `${version}\n`, mode: 'overwrite' });
    const [title] = (await ctx.fs.readText('CHANGES')).split('\n');
    const logged = await ctx.call('log-line', { text: title });
    const tagged = await ctx.spawn(['bash', '-c', `echo ${version} >> tags.txt`]);
    const announced = await ctx.call('announce', { text: version });
    return { results: [counted.output.trim(), written.status, logged.status, String(tagged.exitCode), announced.status] };
  },
};
