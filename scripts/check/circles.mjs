/**
 * Finds a shortest circle through each file that stands in one, each circle once.
 *
 * @param {Map<string, string[]>} edges What each file imports.
 * @returns {string[][]} The files of each circle in order, beginning with the first by name.
 */
export function findCircles(edges) {
  const circles = new Map();
  for (const start of edges.keys()) {
    const circle = shortestWayBack(edges, start);
    if (circle) circles.set(circle.toSorted().join('\n'), circle);
  }
  return [...circles.values()].map(beginWithFirst);
}

function shortestWayBack(edges, start) {
  const queue = [[start]];
  const seen = new Set();
  for (const way of queue) {
    for (const next of edges.get(way.at(-1)) ?? []) {
      if (next === start) return way;
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push([...way, next]);
    }
  }
  return undefined;
}

function beginWithFirst(circle) {
  const first = circle.indexOf(circle.toSorted()[0]);
  return [...circle.slice(first), ...circle.slice(0, first)];
}
