
// What is wrong, and the commands that mend it.

// A command of the Fastly CLI within a sentence: up to the comma before "then", or to the sentence's end.
const COMMAND = /fastly [a-z].*?(?=, then |\. [A-Z]|\.?$)/g;

function problemItem({ message, remedy }, showsRemedy = true) {
  return make(
    "li",
    { class: "problem" },
    make("p", { class: "message" }, icon("warning"), make("span", {}, message)),
    showsRemedy ? make("div", { class: "remedy" }, remedyParts(remedy)) : null,
  );
}

/** The remedy in its own words, each command in a block that can be copied. */
function remedyParts(remedy) {
  const parts = [];
  let end = 0;
  for (const match of remedy.matchAll(COMMAND)) {
    parts.push(...sentence(remedy.slice(end, match.index)), commandBlock(match[0]));
    end = match.index + match[0].length;
  }
  return [...parts, ...sentence(remedy.slice(end))];
}

function sentence(text) {
  // What is left of the full stop after a command, or of the comma between two.
  const rest = text.replace(/^[,.]\s*/, "").trim();
  return rest === "" ? [] : [make("p", {}, rest)];
}

function commandBlock(command) {
  const button = make("button", { type: "button", class: "copy", "aria-label": `Copy ${command}` }, "Copy");
  const code = make("code", {}, command);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    } catch {
      // Without the right to write to the clipboard the text is at least selected.
      getSelection().selectAllChildren(code);
    }
  });
  return make("div", { class: "command" }, code, button);
}

function showProblems() {
  const { problems, warnings = [] } = report;
  byId("problems").hidden = problems.length + warnings.length === 0;
  byId("problems-title").textContent = problemsTitle(problems.length);
  byId("problem-list").replaceChildren(...[...problems, ...warnings].map((problem) => problemItem(problem)));
}

function problemsTitle(count) {
  if (count === 0) return "The configuration works, but may not be what you meant";
  return count === 1 ? "The configuration has a mistake" : `The configuration has ${count} mistakes`;
}
