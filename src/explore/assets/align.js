// The alignment of two traces by their steps, and their first difference.

/** Returns a longest common subsequence of two lists of names, as pairs of indices. */
export function common(left, right) {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1;
  const pairs = Array.from({ length: start }, (_, index) => [index, index]);
  const rows = left.length - start, columns = right.length - start;
  const best = Array.from({ length: rows + 1 }, () => new Uint16Array(columns + 1));
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      best[row][column] = left[start + row] === right[start + column]
        ? best[row + 1][column + 1] + 1
        : Math.max(best[row + 1][column], best[row][column + 1]);
    }
  }
  for (let row = 0, column = 0; row < rows && column < columns;) {
    if (left[start + row] === right[start + column]) pairs.push([start + row++, start + column++]);
    else if (best[row + 1][column] >= best[row][column + 1]) row += 1;
    else column += 1;
  }
  return pairs;
}

/** Returns rows of corresponding moments; a moment of one trace only has a row of its own. */
export function alignedRows(left, right) {
  const name = (moment) => moment.like;
  const pairs = common(left.map(name), right.map(name));
  const rows = [];
  let one = 0, other = 0;
  for (const [first, second] of [...pairs, [left.length, right.length]]) {
    // Different steps at the same position share a row.
    while (one < first && other < second) rows.push({ left: one++, right: other++ });
    while (one < first) rows.push({ left: one++, right: null });
    while (other < second) rows.push({ left: null, right: other++ });
    if (first < left.length) rows.push({ left: one++, right: other++ });
  }
  return rows;
}

/** Returns the first row after which the visible states differ, or -1. */
export function firstDifference(rows, left, right) {
  let one = left[0]?.fingerprint, other = right[0]?.fingerprint;
  return rows.findIndex((row) => {
    if (row.left !== null) one = left[row.left].fingerprint;
    if (row.right !== null) other = right[row.right].fingerprint;
    return one !== other && row.left !== null && row.right !== null;
  });
}

/** Returns the moment of the right trace beside a moment of the left one, or the last one before it. */
export function beside(rows, at) {
  let found = 0;
  for (const row of rows) {
    if (row.right !== null) found = row.right;
    if (row.left === at) return found;
  }
  return found;
}
