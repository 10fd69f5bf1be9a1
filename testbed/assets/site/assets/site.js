// Asks for where-am-i.txt as if from another place, and shows whose copy came.

const form = document.getElementById("where");
const output = document.getElementById("copy");

async function ask() {
  const pop = form.elements.pop.value;
  const url = pop === "" ? "/where-am-i.txt" : `/where-am-i.txt?pop=${pop}`;
  try {
    const answer = await fetch(url, { cache: "no-store" });
    const text = await answer.text();
    output.textContent = `${text.trim()} ${answer.headers.get("X-B2-Host")}, ${answer.headers.get("X-Cache")}`;
  } catch (error) {
    output.textContent = `No answer: ${error.message}`;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
ask();
