// Asks for the head of the download and shows what came back.

const shown = [
  ["Content-Length", (value) => `${value} (${Number(value) / 2 ** 20} MiB)`],
  ["Content-Type"],
  ["Last-Modified", (value) => `${value} (${new Date(value).toLocaleString()} here)`],
  ["ETag"],
  ["Accept-Ranges"],
  ["Server"],
];

function cell(kind, text) {
  const element = document.createElement(kind);
  element.textContent = text;
  if (kind === "th") element.scope = "row";
  return element;
}

function row(...cells) {
  const element = document.createElement("tr");
  element.append(...cells);
  return element;
}

async function rowsFor(url) {
  const response = await fetch(url, { method: "HEAD", cache: "no-store" });
  const rows = [row(cell("th", "Status"), cell("td", response.status))];
  for (const [name, describe = (value) => value] of shown) {
    const value = response.headers.get(name);
    if (value !== null) rows.push(row(cell("th", name), cell("td", describe(value))));
  }
  return rows;
}

const body = document.querySelector("#headers tbody");
try {
  body.replaceChildren(...(await rowsFor("download.bin")));
} catch (error) {
  const notice = cell("td", `The server did not answer: ${error.message}`);
  notice.colSpan = 2;
  body.replaceChildren(row(notice));
}

for (const element of document.querySelectorAll(".origin")) {
  element.textContent = new URL(".", location.href).href;
}
