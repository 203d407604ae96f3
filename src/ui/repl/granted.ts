/** What is granted in words, the longest first and the count last: the status line takes the first that fits. */
export function grantedForms(capabilities: readonly string[]): readonly string[] {
  if (capabilities.length === 0) return [];
  const unique = [...new Set(capabilities)];
  const kinds = [...new Set(unique.map(kindOf))];
  const told = kinds.map((kind) => (kind === 'net:connect' ? hosts(unique.filter((each) => kindOf(each) === kind)) : kind));
  const families = [...new Set(kinds.map((kind) => kind.split(':')[0]))];
  return [told.join(', '), families.join(', '), `${unique.length} granted`];
}

function kindOf(capability: string): string {
  return capability.split(':').slice(0, 2).join(':');
}

function hosts(capabilities: readonly string[]): string {
  const names = new Set(capabilities.map((each) => each.split(':')[2] ?? '*'));
  if (names.has('*')) return 'net any host';
  if ([...names].some((name) => name.includes('*'))) return 'net many hosts';
  return `net ${names.size} ${names.size === 1 ? 'host' : 'hosts'}`;
}
