// The source of documents: the server, or the file that contains the page.

/** The largest file that the page reads, in bytes. */
const FILE_MAX = 7_500_000;

/** The longest text in a query, in characters of JSON. */
const QUERY_MAX = 8_300_000;

/** Returns the text of a file that fits into a query; refuses a larger one. */
export async function textOf(file) {
  if (file.size > FILE_MAX) {
    throw new Error(`${file.name} has ${(file.size / 1e6).toFixed(0)} MB: the explorer reads at most ${FILE_MAX / 1e6} MB.`);
  }
  const text = await file.text();
  if (JSON.stringify(text).length > QUERY_MAX) throw new Error(`${file.name} is too large for one query.`);
  return text;
}

/** Returns a source that queries the server; a refusal becomes an error with its message. */
export function serverSource() {
  const token = new URLSearchParams(location.search).get("token");
  const headers = { "content-type": "application/json" };
  if (token) headers["x-stranded-token"] = token;
  const ask = async (query) => {
    let response;
    try {
      response = await fetch("/api", { method: "POST", headers, body: JSON.stringify(query) });
    } catch {
      throw new Error("The explorer does not answer: it may have stopped.");
    }
    const answer = await response.json().catch(() => ({ error: `The explorer answered ${response.status}.` }));
    if (!response.ok) throw new Error(answer.error ?? `The explorer answered ${response.status}.`);
    return answer;
  };
  return {
    isLive: true,
    start: () => ask({ ask: "pair" }),
    catalogue: () => ask({ ask: "catalogue" }),
    worst: (scenario) => ask({ ask: "worst", scenario }),
    follow: (link, property = null) => ask({ ask: "follow", link, property }),
    fork: (trace, at, action) => ask({ ask: "fork", link: trace.link, at, action }),
    apply: (trace, at, procedure) => ask({ ask: "apply", link: trace.link, at, procedure }),
    runOn: (trace, at) => ask({ ask: "run-on", link: trace.link, at }),
    moment: (trace, at) => ask({ ask: "moment", link: trace.link, at }),
    advise: (trace, at) => ask({ ask: "advise", link: trace.link, at }),
    check: (link) => ask({ ask: "check", link }),
    progress: (check) => ask({ ask: "progress", check }),
    cancel: (check) => ask({ ask: "cancel", check }),
    exports: (trace) => !trace.run,
    export: (trace, form) => ask({ ask: "export", link: trace.link, form, property: trace.property ?? null }),
    drop: (name, text, part) => ask({ ask: "drop", name, text, part }),
  };
}

/** Returns a source that reads the file of the page: one alternative step at each moment, and three procedures. */
export function fileSource(inside) {
  const trace = inside.document;
  const missing = "This file has one trace and alternatives of one step: for more, run `stranded explore`.";
  const refuse = async () => { throw new Error(missing); };
  const forked = (title, at, moments) => ({
    document: {
      ...trace, title, forked_at: at, link: `${trace.link}~${title}`, summary: [], repeats_from: null,
      no_return: trace.no_return !== null && trace.no_return <= at ? trace.no_return : null,
      moments: [...trace.moments.slice(0, at + 1), ...moments],
    },
  });
  return {
    isLive: false,
    until: inside.alternatives_until,
    appliedAt: [...new Set(inside.forks.map((one) => one.at))],
    document: trace,
    start: async () => ({ document: trace }),
    follow: async (link) => {
      if (link === trace.link) return { document: trace };
      throw new Error("The link is to another trace than the one in this file.");
    },
    fork: async (from, at, action) => {
      const found = from.moments[at]?.detail?.enabled.find((one) => one.action === action)?.then;
      if (!found) throw new Error(missing);
      return forked(`${found.says} at step ${at}`, at, [found]);
    },
    apply: async (from, at, procedure) => {
      const found = inside.forks.find((one) => one.at === at && one.procedure === procedure);
      if (!found || from !== trace) throw new Error(missing);
      return forked(`${procedure} at step ${at}`, at, found.moments);
    },
    canApply: (from, at, procedure) => from === trace && inside.forks.some((one) => one.at === at && one.procedure === procedure),
    exports: (from, form) => from === trace && inside.exports.some((one) => one.form === form),
    export: async (from, form) => inside.exports.find((one) => one.form === form).file,
    runOn: refuse, moment: refuse, advise: refuse, check: refuse, drop: refuse, worst: refuse, catalogue: refuse,
  };
}
