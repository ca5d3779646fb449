// The layout of the explorer's page: changes of tokens, visible rows of a long list, alignment of two traces.
import assert from "node:assert/strict";
import test from "node:test";
import { arrowPath, destroyedIn, marksOf, nextMark, scrolledTo, stretches, tokensOf, transitions, windowOf, within } from "../../src/explore/assets/layout.js";
import { alignedRows, beside, common, firstDifference } from "../../src/explore/assets/align.js";

const store = (server, messages, more = {}) => ({ server, listed: true, messages, flying: [], pending: [], kilobytes: 0, says: [], ...more });
const picture = (stores, more = {}) => ({
  mailboxes: [{ name: "mailbox-1", stores, queued: [], saved: [], lost: [], returned: [], deleted: [], homes: [], directory: [], ...more }],
});
const how = (before, after) => Object.fromEntries(transitions(before, after).map((one) => [one.id.replace("mailbox-1/", ""), one.how]));

test("a new message arrives", () => {
  assert.deepEqual(how(picture([store("a", [])]), picture([store("a", ["m1"])])), { "m1@a": "arrives" });
});

test("a message that both stores have afterwards was copied from the one that had it", () => {
  const before = picture([store("a", ["m1"]), store("b", [])]);
  const after = picture([store("a", ["m1"]), store("b", ["m1"])]);
  assert.deepEqual(how(before, after), { "m1@a": "stays", "m1@b": "copies" });
});

test("a message that leaves one store for another moves", () => {
  assert.deepEqual(how(picture([store("a", ["m1"]), store("b", [])]), picture([store("a", []), store("b", ["m1"])])), { "m1@b": "moves" });
});

test("a message that is lost is destroyed at its last location", () => {
  const before = picture([store("a", []), store("b", ["m1", "m2"])]);
  const after = picture([store("a", []), store("b", [])], { lost: ["m1", "m2"] });
  assert.deepEqual(how(before, after), { "m1@*lost": "destroyed", "m2@*lost": "destroyed" });
  assert.deepEqual(destroyedIn(before, after).map((one) => `${one.message} ${one.location}`), ["m1 b", "m2 b"]);
});

test("what was lost before is not destroyed again", () => {
  const lost = picture([store("a", [])], { lost: ["m1"] });
  assert.deepEqual(destroyedIn(lost, lost), []);
  assert.deepEqual(destroyedIn(null, lost), []);
});

test("every message has one token of its kind at each location", () => {
  const tokens = tokensOf(picture([store("a", ["m1", "m2"], { flying: ["m2"], pending: ["m3"] })], { queued: ["m4"] }));
  assert.deepEqual(tokens.map((one) => `${one.message} ${one.kind}`), ["m1 kept", "m2 flying", "m3 pending", "m4 queued"]);
});

test("a second copy has a token of its own, which the first one brought", () => {
  const before = picture([store("a", ["m1"])]);
  const after = picture([store("a", ["m1", "m1"])]);
  assert.deepEqual(how(before, after), { "m1@a": "stays", "m1@a#2": "copies" });
});

test("a long list draws the visible rows and a few more, and keeps the space of the rest", () => {
  const view = windowOf(52 * 1000, 520, 52, 2001, 8);
  assert.deepEqual([view.first, view.last], [992, 1018]);
  assert.equal(view.above + view.below + (view.last - view.first + 1) * 52, 2001 * 52);
  assert.deepEqual(windowOf(0, 100, 50, 0), { first: 0, last: -1, above: 0, below: 0 });
  assert.equal(windowOf(1e9, 520, 52, 10).last, 9);
});

test("a visible row does not scroll the list, and any other row does", () => {
  assert.equal(scrolledTo(3, 0, 520, 52), 0);
  assert.equal(scrolledTo(20, 0, 520, 52), 21 * 52 - 520);
  assert.equal(scrolledTo(2, 1000, 520, 52), 104);
});

test("an arrow starts under the one box and ends on top of the other", () => {
  assert.match(arrowPath({ x: 0, y: 0, width: 20, height: 10 }, { x: 100, y: 60, width: 40, height: 10 }), /^M 10 10 C .* 120 60$/);
});

test("stretches keep every moment once", () => {
  assert.deepEqual(stretches(["saves", "saves", "loses"]), [{ effect: "saves", first: 0, last: 1 }, { effect: "loses", first: 2, last: 2 }]);
});

test("marks are at violations, losses and the point of no return, and the keys go between them", () => {
  const moment = (number, more = {}) => ({ number, breaks: [], lost: [], reported: null, ...more });
  const marks = marksOf({ moments: [moment(0), moment(1), moment(2, { breaks: ["no-loss"] }), moment(3)], no_return: 2 });
  assert.deepEqual(marks, [0, 2, 3]);
  assert.deepEqual(marksOf({ moments: [moment(0), moment(1, { strands: ["m1"] }), moment(2)], no_return: null }), [0, 1, 2]);
  assert.deepEqual([nextMark(marks, 0, true), nextMark(marks, 3, true), nextMark(marks, 2, false), within(9, 4)], [2, 3, 0, 3]);
});

const trace = (...names) => names.map((name, number) => {
  const [like, fingerprint = "x"] = name.split(":");
  return { number, like, fingerprint };
});

test("two traces are aligned by the names of their steps, and a step of one trace only has its own row", () => {
  const left = trace("", "start", "copy", "end"), right = trace("", "start", "check", "copy", "end");
  assert.deepEqual(alignedRows(left, right).map((row) => [row.left, row.right]), [[0, 0], [1, 1], [null, 2], [2, 3], [3, 4]]);
});

test("the first difference is the first row with different states", () => {
  const left = trace("", "copy", "sync:stays", "end:stays"), right = trace("", "check", "copy", "sync:moved", "end:moved");
  const rows = alignedRows(left, right);
  assert.deepEqual(rows[firstDifference(rows, left, right)], { left: 2, right: 3 });
  assert.equal(firstDifference(alignedRows(left, left), left, left), -1);
  assert.deepEqual([0, 1, 2, 3].map((at) => beside(rows, at)), [0, 2, 3, 4]);
});

test("two traces of two thousand steps are aligned", () => {
  const names = Array.from({ length: 2000 }, (_, index) => `step ${index % 7}`);
  assert.equal(common(names, [...names.slice(0, 900), "other", ...names.slice(900)]).length, 2000);
});
