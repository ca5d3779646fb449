// Where documents come from: a server that works on the model, or the file that the page is.

/** The largest file that is read, in bytes. */
export const FILE_MAX = 7_500_000;

/** The longest text that a question can carry, in letters of JSON. */
export const QUESTION_MAX = 8_300_000;

/** Asks the server; what it refuses becomes an error with its words. */
export function serverSource() {
  const token = new URLSearchParams(location.search).get("token");
  const headers = { "content-type": "application/json" };
  if (token) headers["x-stranded-token"] = token;
  const ask = async (question) => {
    let response;
    try {
      response = await fetch("/api", { method: "POST", headers, body: JSON.stringify(question) });
    } catch {
      throw new Error("The explorer does not answer: it may have been ended.");
    }
    const answer = await response.json().catch(() => ({ error: `The explorer answered ${response.status}.` }));
    if (!response.ok) throw new Error(answer.error ?? `The explorer answered ${response.status}.`);
    return answer;
  };
  return {
    isLive: true,
    start: () => ask({ ask: "pair" }),
    catalogue: () => ask({ ask: "catalogue" }),
    open: (scenario) => ask({ ask: "open", scenario }),
    follow: (link) => ask({ ask: "follow", link }),
    fork: (trace, at, action) => ask({ ask: "fork", link: trace.link, at, action }),
    apply: (trace, at, procedure) => ask({ ask: "apply", link: trace.link, at, procedure }),
    goOn: (trace, at) => ask({ ask: "go-on", link: trace.link, at }),
    moment: (trace, at) => ask({ ask: "moment", link: trace.link, at }),
    advise: (trace, at) => ask({ ask: "advise", link: trace.link, at }),
    check: (link) => ask({ ask: "check", link }),
    progress: (check) => ask({ ask: "progress", check }),
    cancel: (check) => ask({ ask: "cancel", check }),
    exports: () => true,
    export: (trace, form) => ask({ ask: "export", link: trace.link, form }),
    drop: (name, text, part) => ask({ ask: "drop", name, text, part }),
  };
}

/** Takes everything from the file that the page is: one step beyond each moment, and what the workarounds would have done. */
export function fileSource(inside) {
  const trace = inside.document;
  const only = "This file holds one way and what lies one step beside it: for more, run `stranded explore`.";
  const refuse = async () => { throw new Error(only); };
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
    document: trace,
    start: async () => ({ document: trace }),
    follow: async (link) => {
      if (link === trace.link) return { document: trace };
      throw new Error("The link is to another way than the one in this file: nothing is shown in its place.");
    },
    fork: async (from, at, action) => {
      const found = from.moments[at]?.detail?.enabled.find((one) => one.action === action)?.then;
      if (!found) throw new Error(only);
      return forked(`${found.says} at step ${at}`, at, [found]);
    },
    apply: async (from, at, procedure) => {
      const found = inside.forks.find((one) => one.at === at && one.procedure === procedure);
      if (!found || from !== trace) throw new Error(only);
      return forked(`${procedure} at step ${at}`, at, found.moments);
    },
    canApply: (at, procedure) => inside.forks.some((one) => one.at === at && one.procedure === procedure),
    exports: (from, form) => from === trace && inside.exports.some((one) => one.form === form),
    export: async (from, form) => inside.exports.find((one) => one.form === form).file,
    goOn: refuse, moment: refuse, advise: refuse, check: refuse, drop: refuse, open: refuse, catalogue: refuse,
  };
}
