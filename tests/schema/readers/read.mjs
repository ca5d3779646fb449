// Reads what stranded writes with packages of npm. The request is JSON on standard input, the result JSON on standard output.
//
//     read.mjs schema     how many of the requested [schema, instance] pairs ajv finds valid, and its first complaint
//     read.mjs mermaid    the participants and arrows of each requested diagram, as mermaid's own parser counts them
import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";
import { JSDOM } from "jsdom";

const request = JSON.parse(readFileSync(0, "utf8"));

function schema(pairs) {
    let [valid, wrong] = [0, null];
    for (const [schema, instance] of pairs) {
        // Its strict mode refuses a schema with a keyword or a format that it does not know.
        const validate = new Ajv.default({ strictTypes: false }).compile(schema);
        if (validate(instance)) valid += 1;
        else wrong ??= JSON.stringify(validate.errors[0]);
    }
    return { valid, wrong };
}

async function mermaid(diagrams) {
    const { window } = new JSDOM("<!doctype html><body></body>");
    Object.assign(globalThis, { window, document: window.document });
    const { default: mermaid } = await import("mermaid");
    const counts = [];
    for (const text of diagrams) {
        await mermaid.parse(text);
        const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
        const arrows = [db.LINETYPE.SOLID, db.LINETYPE.SOLID_CROSS, db.LINETYPE.SOLID_POINT];
        counts.push([db.getActors().size, db.getMessages().filter((one) => arrows.includes(one.type)).length]);
    }
    return counts;
}

console.log(JSON.stringify(await { schema, mermaid }[process.argv[2]](request)));
