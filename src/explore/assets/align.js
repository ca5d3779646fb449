// Two ways beside each other: which step of the one is which step of the other, and where they first differ.

/** The longest list of pairs in order of equal names, as pairs of indices. */
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

/** Rows of moments that belong together; one that only one way has stands alone. */
export function alignedRows(left, right) {
  const name = (moment) => moment.like;
  const pairs = common(left.map(name), right.map(name));
  const rows = [];
  let one = 0, other = 0;
  for (const [first, second] of [...pairs, [left.length, right.length]]) {
    // What each has in the same place, and the other has not, happens beside each other.
    while (one < first && other < second) rows.push({ left: one++, right: other++ });
    while (one < first) rows.push({ left: one++, right: null });
    while (other < second) rows.push({ left: null, right: other++ });
    if (first < left.length) rows.push({ left: one++, right: other++ });
  }
  return rows;
}

/** The first row after which what can be seen of the two worlds is not the same; -1 if there is none. */
export function firstDifference(rows, left, right) {
  let one = left[0]?.seen, other = right[0]?.seen;
  return rows.findIndex((row) => {
    if (row.left !== null) one = left[row.left].seen;
    if (row.right !== null) other = right[row.right].seen;
    return one !== other && row.left !== null && row.right !== null;
  });
}

/** The moment of the other way that stands beside a moment of this one, or the last before it. */
export function beside(rows, at) {
  let found = 0;
  for (const row of rows) {
    if (row.right !== null) found = row.right;
    if (row.left === at) return found;
  }
  return found;
}
