interface Leaf {
  readonly path: string;
  readonly type: string;
}

interface Node {
  type: string;
  readonly children: Map<string, Node>;
}

const MARKS: Readonly<Record<string, string>> = { directory: '/', symlink: '@', other: '?' };

/** Draws entries as a tree, folders marked by `/`, symlinks by `@`, devices, pipes and sockets by `?`. Folders on the way are drawn too. */
export function renderTree(title: string, entries: readonly Leaf[]): string {
  const root: Node = { type: 'directory', children: new Map() };
  for (const { path, type } of entries) {
    let node = root;
    for (const name of path.split('/')) {
      let child = node.children.get(name);
      if (child === undefined) {
        child = { type: 'directory', children: new Map() };
        node.children.set(name, child);
      }
      node = child;
    }
    node.type = type;
  }
  return [`${title}/`, ...renderChildren(root, '')].join('\n');
}

function renderChildren(node: Node, indent: string): string[] {
  const children = [...node.children].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return children.flatMap(([name, child], index) => {
    const isLast = index === children.length - 1;
    const line = `${indent}${isLast ? '└── ' : '├── '}${name}${MARKS[child.type] ?? ''}`;
    return [line, ...renderChildren(child, `${indent}${isLast ? '    ' : '│   '}`)];
  });
}
