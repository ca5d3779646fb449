// Where things go: which token is which from one picture to the next, which rows of a long list are drawn, how an arrow runs.
// Numbers and names only; nothing here touches the page, so all of it is tested without one.

/** Every token of a picture: a message in one place. */
export function tokensOf(picture) {
  const tokens = [];
  for (const mailbox of picture.mailboxes) {
    const add = (messages, place, kind) => {
      for (const message of messages) {
        tokens.push({ id: `${mailbox.name}/${message}@${place}`, mailbox: mailbox.name, message, place, kind });
      }
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
 * What becomes of every token: it stays, it moves from a place that has it no more, it is copied from one that still has it,
 * it arrives, or it is what is left of a destroyed message.
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

/** The tokens that were destroyed between two pictures, each in the place that had it. */
export function destroyedIn(before, after) {
  if (!before) return [];
  const lost = (picture) => tokensOf(picture).filter((token) => token.kind === "lost");
  const known = lost(before).map((token) => token.id);
  const fresh = lost(after).filter((token) => !known.includes(token.id));
  return tokensOf(before).filter((token) =>
    fresh.some((one) => one.mailbox === token.mailbox && one.message === token.message));
}

/** Which rows of a list are drawn: those that can be seen, and some around them. */
export function windowOf(scrolled, height, rowHeight, count, around = 8) {
  if (count === 0 || rowHeight <= 0) return { first: 0, last: -1, above: 0, below: 0 };
  const first = Math.max(0, Math.min(count - 1, Math.floor(scrolled / rowHeight)) - around);
  const last = Math.min(count - 1, Math.ceil((scrolled + height) / rowHeight) + around);
  return { first, last, above: first * rowHeight, below: (count - 1 - last) * rowHeight };
}

/** How far a list must be scrolled so that a row can be seen; as it is, if it can. */
export function scrolledTo(row, scrolled, height, rowHeight) {
  const top = row * rowHeight;
  if (top < scrolled) return top;
  if (top + rowHeight > scrolled + height) return top + rowHeight - height;
  return scrolled;
}

/** An arrow from the bottom of one box to the top of another, as the path of a curve. */
export function arrowPath(from, to) {
  const x1 = from.x + from.width / 2, y1 = from.y + from.height;
  const x2 = to.x + to.width / 2, y2 = to.y;
  const bend = Math.max(12, (y2 - y1) / 2);
  const round = (number) => Math.round(number * 10) / 10;
  return `M ${round(x1)} ${round(y1)} C ${round(x1)} ${round(y1 + bend)} ${round(x2)} ${round(y2 - bend)} ` +
    `${round(x2)} ${round(y2)}`;
}

/** What a procedure would do along a way, as stretches of moments in which it is the same. */
export function stretches(effects) {
  const found = [];
  effects.forEach((effect, index) => {
    const last = found[found.length - 1];
    if (last && last.effect === effect) last.last = index;
    else found.push({ effect, first: index, last: index });
  });
  return found;
}

/** The moments worth a look: something breaks, mail is lost, or it becomes too late. */
export function marksOf(trace) {
  const marks = new Set([0, trace.moments.length - 1]);
  for (const moment of trace.moments) {
    if (moment.breaks.length > 0 || moment.lost.length > 0 || moment.reported) marks.add(moment.number);
  }
  if (trace.no_return !== null) marks.add(trace.no_return);
  return [...marks].sort((one, other) => one - other);
}

/** The next mark from a moment, forwards or backwards. */
export function nextMark(marks, at, forwards) {
  return forwards
    ? marks.find((mark) => mark > at) ?? at
    : [...marks].reverse().find((mark) => mark < at) ?? at;
}

/** A moment number that exists. */
export function within(at, count) {
  return Math.max(0, Math.min(count - 1, at));
}
