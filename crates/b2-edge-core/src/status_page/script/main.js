
// Showing a report, and asking for a new one.

let report = JSON.parse(byId("report").textContent);
// When it came, by a clock that nobody sets.
let arrived = performance.now();

function show() {
  const { service } = report;
  const facts = [
    `b2-edge ${service.version}`,
    service.is_local ? "on this machine" : `service version ${service.fastly_service_version}`,
    service.pop === null || service.is_local ? null : `answered at ${service.pop}`,
    service.is_local ? null : service.hostname,
    report.routing === null ? null : `${report.routing} routing`,
  ];
  byId("service").replaceChildren(
    ...facts.filter((fact) => fact !== null).map((fact) => make("span", {}, fact)),
  );
  byId("time").replaceChildren("Updated ", moment(report.time));
  showProblems();
  showMap();
  showTry();
  showOrigins();
  showS3();
  showImages();
  showConfig();
  tick();
}

async function refresh() {
  const button = byId("refresh");
  button.disabled = true;
  try {
    const response = await fetch("/_b2-edge/status.json", { cache: "no-store" });
    report = await response.json();
    arrived = performance.now();
    show();
  } catch {
    byId("time").textContent = "There was no new report.";
  }
  button.disabled = false;
}

byId("refresh").addEventListener("click", refresh);
show();
setInterval(tick, 1000);
