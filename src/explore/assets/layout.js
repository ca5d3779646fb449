// Layout as pure functions: tokens from one picture to the next, the visible rows of a long list, the curve of an arrow.
// Nothing here touches the page, so that node can test it.

/** Returns the number of each entry among those that are equal to it, from 1: a store lists every copy of a message. */
export function copyNumbers(messages) {
  return messages.map((message, index) => messages.slice(0, index + 1).filter((one) => one === message).length);
}

/** Returns the name of a token: a copy of a message at one location. */
export function tokenId(mailbox, message, location, copy) {
  return `${mailbox}/${message}@${location}` + (copy > 1 ? `#${copy}` : "");
}

/** Returns every token of a picture. */
export function tokensOf(picture) {
  const tokens = [];
  for (const mailbox of picture.mailboxes) {
    const add = (messages, location, kind) => {
      const copies = copyNumbers(messages);
      messages.forEach((message, index) => {
        const id = tokenId(mailbox.name, message, location, copies[index]);
        tokens.push({ id, mailbox: mailbox.name, message, location, kind });
      });
    };
    for (const store of mailbox.stores) {
      add(store.messages.filter((one) => !store.flying.includes(one)), store.server, "kept");
      add(store.flying, store.server, "flying");
      add(store.pending, store.server, "pending");
    }
    add(mailbox.queued, "*transport", "queued");
    add(mailbox.saved, "*file", "saved");
    add(mailbox.lost, "*lost", "lost");
    add(mailbox.returned, "*returned", "returned");
    add(mailbox.deleted, "*deleted", "deleted");
  }
  return tokens;
}

/**
 * Returns the change of every token: it stays, moves from a location that no longer has it, is copied from one that still
 * has it, arrives, or marks a destroyed message.
 */
export function transitions(before, after) {
  const old = before ? tokensOf(before) : [];
  const now = tokensOf(after);
  const has = (tokens, id) => tokens.some((token) => token.id === id);
  const ofSame = (tokens, token) =>
    tokens.filter((one) => one.mailbox === token.mailbox && one.message === token.message);
  return now.map((token) => {
    if (has(old, token.id)) return { ...token, how: "stays", from: token.id };
    const earlier = ofSame(old, token);
    if (earlier.length === 0) return { ...token, how: "arrives", from: null };
    const left = earlier.find((one) => !has(now, one.id));
    if (token.kind === "lost") return { ...token, how: "destroyed", from: (left ?? earlier[0]).id };
    return left
      ? { ...token, how: "moves", from: left.id }
      : { ...token, how: "copies", from: earlier[0].id };
  });
}

/** Returns the tokens that were destroyed between two pictures, each at its last location. */
export function destroyedIn(before, after) {
  if (!before) return [];
  const lost = (picture) => tokensOf(picture).filter((token) => token.kind === "lost");
  const known = lost(before).map((token) => token.id);
  const fresh = lost(after).filter((token) => !known.includes(token.id));
  return tokensOf(before).filter((token) =>
    fresh.some((one) => one.mailbox === token.mailbox && one.message === token.message));
}

/** Returns the rows of a list to draw: the visible ones, and some around them. */
export function windowOf(scrolled, height, rowHeight, count, around = 8) {
  if (count === 0 || rowHeight <= 0) return { first: 0, last: -1, above: 0, below: 0 };
  const first = Math.max(0, Math.min(count - 1, Math.floor(scrolled / rowHeight)) - around);
  const last = Math.min(count - 1, Math.ceil((scrolled + height) / rowHeight) + around);
  return { first, last, above: first * rowHeight, below: (count - 1 - last) * rowHeight };
}

/** Returns the scroll position at which a row is visible; unchanged if it is visible already. */
export function scrolledTo(row, scrolled, height, rowHeight) {
  const top = row * rowHeight;
  if (top < scrolled) return top;
  if (top + rowHeight > scrolled + height) return top + rowHeight - height;
  return scrolled;
}

/** Returns the SVG path of an arrow from the bottom of one box to the top of another. */
export function arrowPath(from, to) {
  const x1 = from.x + from.width / 2, y1 = from.y + from.height;
  const x2 = to.x + to.width / 2, y2 = to.y;
  const bend = Math.max(12, (y2 - y1) / 2);
  const round = (number) => Math.round(number * 10) / 10;
  return `M ${round(x1)} ${round(y1)} C ${round(x1)} ${round(y1 + bend)} ${round(x2)} ${round(y2 - bend)} ` +
    `${round(x2)} ${round(y2)}`;
}

/** Groups the effects of a procedure along a trace into stretches of equal effects. */
export function stretches(effects) {
  const found = [];
  effects.forEach((effect, index) => {
    const last = found[found.length - 1];
    if (last && last.effect === effect) last.last = index;
    else found.push({ effect, first: index, last: index });
  });
  return found;
}

/** Returns the marked moments: first, last, violations, losses, stranded mail, reports, and the point of no return. */
export function marksOf(trace) {
  const marks = new Set([0, trace.moments.length - 1]);
  for (const moment of trace.moments) {
    if (moment.breaks.length > 0 || moment.lost.length > 0 || moment.strands?.length > 0 || moment.reported) marks.add(moment.number);
  }
  if (trace.no_return !== null) marks.add(trace.no_return);
  return [...marks].sort((one, other) => one - other);
}

/** Returns the next mark after or before a moment. */
export function nextMark(marks, at, forwards) {
  return forwards
    ? marks.find((mark) => mark > at) ?? at
    : [...marks].reverse().find((mark) => mark < at) ?? at;
}

/** Clamps a moment number to the trace. */
export function within(at, count) {
  return Math.max(0, Math.min(count - 1, at));
}
