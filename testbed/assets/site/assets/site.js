// Requests where-am-i.txt as if from another POP, and shows the region of the copy.

const form = document.getElementById("where");
const output = document.getElementById("copy");

async function request() {
  const pop = form.elements.pop.value;
  const url = pop === "" ? "/where-am-i.txt" : `/where-am-i.txt?pop=${pop}`;
  try {
    const response = await fetch(url, { cache: "no-store" });
    const text = await response.text();
    output.textContent = `${text.trim()} ${response.headers.get("X-B2-Host")}, ${response.headers.get("X-Cache")}`;
  } catch (error) {
    output.textContent = `No response: ${error.message}`;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  request();
});
request();
