// The wall: draws what the server tells, and says so when it hears nothing.
// All words and figures come from the server. Here is only: what is chosen in the address, which
// tiles are on the screen now, and whether what is shown is still true.

const SHAPES = {
  within: "M2 9.5 L6.5 14 L14 3.5 L12 2 L6.3 10.3 L3.7 7.7 Z",
  unsure: "M8 1 L15 8 L8 15 L1 8 Z M7 4 V9 H9 V4 Z M7 10.5 V12.5 H9 V10.5 Z",
  under: "M1 2 H15 L8 15 Z",
  closed: "M1 6 H15 V10 H1 Z",
  none: "M8 1 A7 7 0 1 0 8 15 A7 7 0 1 0 8 1 Z M8 4 A4 4 0 1 1 8 12 A4 4 0 1 1 8 4 Z",
  missing: "M3.4 1.5 L8 6.1 L12.6 1.5 L14.5 3.4 L9.9 8 L14.5 12.6 L12.6 14.5 L8 9.9 L3.4 14.5 L1.5 12.6 L6.1 8 L1.5 3.4 Z",
};
const MISSING = "Data saknas";
const WORST_FIRST = ["under", "missing", "unsure", "none", "within", "closed"];
const SVG = "http://www.w3.org/2000/svg";
const WIDE = matchMedia("(min-width: 75rem) and (min-height: 40rem)");
const SKEW_MS = 60_000;
const MAIN = 2; // so many facts of a tile are shown large
const AGAIN_MS = 10_000;

const chosen = readAddress(new URLSearchParams(location.search));
const parts = Object.fromEntries(
  ["title", "day", "counts", "clock", "age", "trouble", "alerts", "tiles", "empty", "pages",
    "page", "pause", "previous", "next", "said"].map((id) => [id, document.getElementById(id)]),
);
const tiles = new Map(); // id → its element, and what it shows

let board = null;
let lines = {};
let heardAt = { steady: performance.now(), wall: Date.now() };
let isLost = false;
let why = ""; // it is lost, where that is known
let first = 0; // the first tile of the page that is shown
let isPaused = false;
let turnedAt = performance.now();

function readAddress(address) {
  const list = (name) => (address.get(name) ?? "").split(",").map((one) => one.trim()).filter(Boolean);
  const number = (name, least, most, otherwise) => {
    const text = address.get(name);
    const value = text === null || text === "" ? NaN : Number(text);
    return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : otherwise;
  };
  return {
    municipality: address.get("kommun"),
    queues: list("ko"),
    teams: list("team"),
    per: Math.round(number("per", 1, 24, 6)),
    turnSeconds: number("byt", 0, 3600, 15) && number("byt", 5, 3600, 15),
    isWorstFirst: address.get("ordning") === "samst",
    theme: ["ljus", "mork"].find((one) => one === address.get("tema")),
  };
}

// What is on the screen.

function selected(all) {
  const { queues, teams } = chosen;
  let found = all;
  if (queues.length) {
    found = [...new Set(queues)].map((id) => all.find((one) => one.id === id)).filter(Boolean);
  }
  if (teams.length) found = found.filter((one) => teams.includes(one.team));
  if (chosen.isWorstFirst) {
    found = [...found].sort((a, b) => WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state));
  }
  return found;
}

function withoutFigures(tile, why) {
  const blank = (line) => ({ ...line, value: "–", of: "", span: "", indication: false, state: "missing", word: MISSING });
  return {
    ...tile, state: "missing", word: MISSING, note: why, facts: [], alerts: [],
    promise: blank(tile.promise), others: tile.others.map(blank),
  };
}

function draw() {
  if (board === null) return;
  const old = !board.trouble && isOld() ? "Siffrorna är för gamla" : "";
  const lost = isLost ? why || "Ingen kontakt med väggens server" : old;
  const shown = selected(board.tiles).map((one) => (lost ? withoutFigures(one, lost) : one));
  text(parts.title, board.municipality.name);
  text(parts.day, isLost ? "" : board.day);
  text(parts.clock, isLost ? "–" : board.clock);
  const since = isLost ? ` sedan ${board.clock}: siffrorna visas inte` : "";
  tell(parts.trouble, lost ? lost + since : board.trouble || whoIsMissing());
  drawCounts(shown);
  drawAlerts(isLost ? [] : merged(board.alerts, shown));
  drawTiles(shown);
  drawPages(shown.length);
  const under = shown.filter((one) => one.state === "under").length;
  const title = lost || board.trouble ? MISSING : `${under} under mål`;
  if (document.title !== `${title} – ${board.municipality.name}`) {
    document.title = `${title} – ${board.municipality.name}`;
  }
  document.body.dataset.link = isLost ? "lost" : "live";
  sayChanges(shown);
}

function isOld() {
  return board.age !== null && board.age + silentSeconds() > board.stale;
}

let known = null; // id → state, as it was said last

function sayChanges(shown) {
  const now = new Map(shown.map((one) => [one.id, one.state]));
  const changed = known === null ? [] : shown.filter((one) => known.has(one.id) && known.get(one.id) !== one.state);
  known = now;
  if (changed.length === 0) return;
  const words = changed.map((one) => `${one.name}: ${one.word}`);
  text(parts.said, words.length > 3 ? `${words.length} köer har ändrats` : words.join(". "));
}

function whoIsMissing() {
  const ids = new Set(board.tiles.map((one) => one.id));
  const unknown = chosen.queues.filter((id) => !ids.has(id));
  return unknown.length ? `Ingen kö med ett löfte i dag heter ${unknown.join(", ")}` : "";
}

function merged(alerts, shown) {
  const ids = new Set(shown.map((one) => one.id));
  const told = new Set();
  return alerts.filter((one) => {
    const key = `${one.word} ${one.queue}`;
    if ((one.queue && !ids.has(one.queue)) || told.has(key)) return false;
    told.add(key);
    return true;
  });
}

function drawCounts(shown) {
  const counts = WORST_FIRST.map((state) => shown.filter((one) => one.state === state)).filter((its) => its.length);
  fill(parts.counts, counts.length, "li", (item, n) => {
    const { state } = counts[n][0];
    const [one, several] = board.counted[state];
    if (!item.firstChild) item.append(shape(), document.createElement("span"));
    item.dataset.tone = state;
    item.firstChild.firstChild.setAttribute("d", SHAPES[state]);
    text(item.lastChild, `${counts[n].length} ${counts[n].length === 1 ? one : several}`);
  });
}

function drawAlerts(alerts) {
  const most = 3;
  parts.alerts.hidden = alerts.length === 0;
  const rest = alerts.length - most;
  fill(parts.alerts.firstElementChild, Math.min(alerts.length, most) + (rest > 0), "li", (item, n) => {
    if (!item.firstChild) item.append(document.createElement("strong"), document.createElement("span"));
    const [word, its] = n < most ? [alerts[n].word, ` ${alerts[n].text}`] : ["", `och ${rest} larm till`];
    text(item.firstChild, word);
    text(item.lastChild, its);
  });
}

function drawTiles(shown) {
  const ids = new Set(shown.map((one) => one.id));
  for (const [id, its] of tiles) {
    if (!ids.has(id)) {
      its.element.remove();
      tiles.delete(id);
    }
  }
  let before = null;
  for (const one of shown) {
    let its = tiles.get(one.id);
    if (!its) {
      its = newTile(one.id);
      tiles.set(one.id, its);
    }
    const next = before ? before.nextElementSibling : parts.tiles.firstElementChild;
    if (next !== its.element) parts.tiles.insertBefore(its.element, next);
    before = its.element;
    drawTile(its, one);
  }
  parts.empty.hidden = shown.length > 0;
  if (shown.length === 0) text(parts.empty, whyEmpty());
}

function whyEmpty() {
  const ids = board.tiles.map((one) => one.id);
  const unknown = chosen.queues.filter((id) => !ids.includes(id));
  if (unknown.length) return `Ingen kö med ett löfte heter ${unknown.join(", ")}; det finns ${ids.join(", ")}`;
  if (chosen.teams.length) {
    const teams = [...new Set(board.tiles.map((one) => one.team))];
    return `Teamet ${chosen.teams.join(", ")} har ingen kö med ett löfte; det finns ${teams.join(", ")}`;
  }
  return "Ingen kö har något löfte i dag";
}

function newTile(id) {
  const element = document.createElement("article");
  element.className = "tile";
  const inner = document.createElement("div");
  inner.className = "inner";
  element.append(inner);
  const make = (tag, className) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    inner.append(made);
    return made;
  };
  const name = make("h2", "name");
  name.id = `tile-${tiles.size}-${id}`;
  element.setAttribute("aria-labelledby", name.id);
  const state = make("p", "state");
  const word = document.createElement("span");
  const note = document.createElement("span");
  note.className = "note";
  const mark = shape();
  const fires = document.createElement("span");
  fires.className = "fires";
  state.append(mark, word, note, fires);
  const large = make("div", "large");
  const value = document.createElement("span");
  value.className = "value";
  const promise = make("p", "promise");
  const goalWords = document.createElement("b");
  const ofWords = document.createElement("span");
  promise.append(goalWords, ofWords);
  const spark = document.createElementNS(SVG, "svg");
  spark.setAttribute("class", "spark");
  spark.setAttribute("viewBox", "0 0 1000 1000");
  spark.setAttribute("preserveAspectRatio", "none");
  spark.setAttribute("role", "img");
  const goal = document.createElementNS(SVG, "path");
  goal.setAttribute("class", "goal");
  const level = document.createElementNS(SVG, "path");
  level.setAttribute("class", "level");
  spark.append(goal, level);
  large.append(value);
  const main = make("dl", "main");
  const facts = make("dl", "facts");
  const others = make("ul", "others");
  inner.append(spark);
  return {
    element, name, mark, word, note, value, goalWords, ofWords, spark, goal, level,
    inner, fires, main, facts, others,
  };
}

function drawTile(its, one) {
  text(its.name, one.name);
  if (its.element.dataset.state !== one.state) {
    its.element.dataset.state = one.state;
    its.mark.firstChild.setAttribute("d", SHAPES[one.state]);
  }
  text(its.word, one.word);
  text(its.note, one.note);
  const { value, name, goal, of, span, indication } = one.promise;
  text(its.value, value);
  drawWords(its.goalWords, [`${name},`, goal]);
  drawWords(its.ofWords, [of, span && `(${span})`, indication && "indikation"].filter(Boolean));
  drawSpark(its, one);
  drawFacts(its.main, one.facts.slice(0, MAIN));
  drawFacts(its.facts, one.facts.slice(MAIN));
  fill(its.others, one.others.length, "li", (item, n) => {
    const other = one.others[n];
    if (!item.firstChild) {
      const words = document.createElement("span");
      const mark = document.createElement("span");
      mark.className = "mark";
      mark.append(shape(), document.createElement("span"));
      item.append(words, mark);
    }
    text(item.firstChild, [`${other.value} ${other.name}`, other.goal, other.overdue].filter(Boolean).join(", "));
    item.lastChild.dataset.tone = other.state;
    item.lastChild.firstChild.firstChild.setAttribute("d", SHAPES[other.state]);
    text(item.lastChild.lastChild, other.word.toLowerCase());
  });
  text(its.fires, [...new Set(one.alerts)].join(" · "));
  its.fires.hidden = one.alerts.length === 0;
}

function drawWords(place, words) {
  // A line is broken between them, and not within.
  fill(place, words.length, "span", (item, n) => text(item, n + 1 < words.length ? `${words[n]} ` : words[n]));
}

function drawFacts(list, facts) {
  list.hidden = facts.length === 0;
  fill(list, facts.length, "div", (item, n) => {
    if (!item.firstChild) item.append(document.createElement("dt"), document.createElement("dd"));
    text(item.firstChild, facts[n].name);
    text(item.lastChild, facts[n].value);
  });
}

function drawSpark(its, one) {
  const line = lines[one.id];
  const points = line?.points ?? [];
  its.spark.toggleAttribute("hidden", points.length === 0 || one.state === "missing");
  if (!line) return;
  // The upper half is where it is decided; what is lower draws the whole lower.
  const goal = line.goal ?? 1000;
  const least = Math.min(500, ...[goal, ...points.map(([, y]) => y)].map((y) => Math.floor(y / 100) * 100));
  const high = (y) => Math.round((1000 * (1000 - y)) / (1000 - least));
  its.goal.setAttribute("d", line.goal === null ? "" : `M0 ${high(line.goal)} H1000`);
  let path = "";
  points.forEach(([x, y], n) => {
    const follows = n > 0 && x - points[n - 1][0] <= line.gap;
    path += `${follows ? "L" : "M"}${x} ${high(y)}`;
    if (!follows) path += "h0.1"; // a point alone is seen too
  });
  if (its.level.getAttribute("d") !== path) its.level.setAttribute("d", path);
  if (points.length) {
    const lowest = Math.min(...points.map(([, y]) => y));
    const last = points[points.length - 1][1];
    its.spark.setAttribute(
      "aria-label",
      `Halvtimmar sedan öppning: lägst ${Math.round(lowest / 10)} %, senast ${Math.round(last / 10)} %`,
    );
  }
}

// Pages of tiles.

function room() {
  // How many rows and columns of tiles a screen has that can be read.
  return {
    rows: Math.max(1, Math.floor((innerHeight - 150) / 230)),
    columns: Math.max(1, Math.floor(innerWidth / 300)),
  };
}

function perPage() {
  const { rows, columns } = room();
  return Math.min(chosen.per, rows * columns);
}

function columnsOf(count) {
  const { rows, columns } = room();
  let found = Math.ceil(Math.sqrt(count));
  while (Math.ceil(count / found) > rows && found < columns) found += 1;
  return Math.max(1, found);
}

function drawPages(count) {
  const isPaged = WIDE.matches && count > perPage();
  const per = isPaged ? perPage() : count;
  if (!isPaged || first >= count) first = 0;
  [...tiles.values()].forEach(({ element }) => { element.hidden = true; });
  [...parts.tiles.querySelectorAll(".tile")].forEach((element, n) => {
    element.hidden = n < first || n >= first + per;
  });
  parts.tiles.style.setProperty("--columns", String(columnsOf(Math.min(per, count))));
  parts.pages.hidden = !isPaged;
  if (isPaged) text(parts.page, `Sida ${Math.floor(first / per) + 1} av ${Math.ceil(count / per)}`);
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(fit);
}

// How large letters are: as all of each tile that is shown fits in it. They become smaller at once,
// where something doesn't; larger when there are other tiles, or now and then: else they would jump.

const SMALLEST_PX = 8;
const LARGEST_PX = 96;
const ROOM_MS = 60_000;
let frame = 0;
let letters = { size: SMALLEST_PX, of: "", at: 0 };

function fit() {
  if (!WIDE.matches) return;
  const shown = [...tiles].filter(([, its]) => !its.element.hidden);
  const isFitting = () => shown.every(([, { inner: one }]) =>
    one.scrollHeight <= one.clientHeight + 1 && one.scrollWidth <= one.clientWidth + 1);
  const isFittingAt = (size) => {
    parts.tiles.style.setProperty("--fit", `${size}px`);
    return isFitting();
  };
  const of = [innerWidth, innerHeight, devicePixelRatio, ...shown.map(([id]) => id)].join();
  const isRecent = of === letters.of && performance.now() - letters.at < ROOM_MS;
  if (isRecent && isFitting()) return;
  let [least, most] = [SMALLEST_PX, isRecent ? letters.size - 1 : LARGEST_PX];
  while (least < most) {
    const size = Math.ceil((least + most) / 2);
    if (isFittingAt(size)) least = size;
    else most = size - 1;
  }
  parts.tiles.style.setProperty("--fit", `${least}px`);
  letters = { size: least, of, at: performance.now() };
}

function turn(pages) {
  const count = tiles.size;
  const per = perPage();
  const all = Math.ceil(count / per);
  const page = (Math.floor(first / per) + pages + all) % all;
  first = page * per;
  turnedAt = performance.now();
  drawPages(count);
}

function pause() {
  isPaused = !isPaused;
  text(parts.pause, isPaused ? "Fortsätt" : "Pausa");
  turnedAt = performance.now();
}

if (matchMedia("(prefers-reduced-motion: reduce)").matches) pause();

parts.previous.addEventListener("click", () => turn(-1));
parts.next.addEventListener("click", () => turn(1));
parts.pause.addEventListener("click", pause);
document.addEventListener("keydown", (event) => {
  if (parts.pages.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowLeft") turn(-1);
  else if (event.key === "ArrowRight") turn(1);
  else if (event.key === " " && !(event.target instanceof HTMLButtonElement)) pause();
  else return;
  event.preventDefault();
});
addEventListener("resize", draw);

// Whether what is shown is still true.

function silentSeconds() {
  // A clock that stops while the machine sleeps, and one that somebody may set: the longer counts.
  return Math.max(performance.now() - heardAt.steady, Date.now() - heardAt.wall) / 1000;
}

function everySecond() {
  const silent = silentSeconds();
  const patience = board === null ? 20 : Math.max(15, 3 * board.every);
  if (silent > patience && !isLost) {
    isLost = true;
    if (board === null) tell(parts.trouble, "Ingen kontakt med väggens server");
  }
  if (silent > patience && performance.now() - listenedAt > AGAIN_MS) listen();
  if (board !== null && (isLost || isOld())) draw();
  drawAge(silent);
  const isDue = performance.now() - turnedAt >= 1000 * chosen.turnSeconds;
  if (chosen.turnSeconds && isDue && !isPaused && !parts.pages.hidden) turn(1);
}

function drawAge(silent) {
  if (board === null) return;
  const told = board.age === null ? "Inga siffror" : `Siffrorna är ${duration(board.age + silent)} gamla`;
  const apart = Math.abs(heardAt.wall - board.at);
  const skew = apart > SKEW_MS ? ` · skärmens och serverns klockor skiljer ${duration(apart / 1000)}` : "";
  text(parts.age, told + skew);
}

function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 100) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

function heard() {
  heardAt = { steady: performance.now(), wall: Date.now() };
  isLost = false;
  why = "";
}

let stream = null;
let listenedAt = 0;

function listen() {
  // A stream may die without a word: then it is closed here, and another is opened.
  stream?.close();
  listenedAt = performance.now() + 3000 * Math.random(); // not all screens at once
  const query = chosen.municipality ? `?kommun=${encodeURIComponent(chosen.municipality)}` : "";
  stream = new EventSource(`events${query}`);
  stream.addEventListener("lines", (event) => {
    lines = JSON.parse(event.data);
  });
  stream.addEventListener("board", (event) => {
    try {
      board = JSON.parse(event.data);
      heard();
      draw();
      drawAge(0);
      if (board.version !== version() && mayLoadAnew()) loadAnew();
    } catch (error) {
      // What can't be drawn is not left as it was: it would look like now.
      parts.tiles.replaceChildren(parts.empty);
      tiles.clear();
      tell(parts.empty, "Väggen kan inte visa det som servern säger. Ladda om sidan.");
      throw error;
    }
  });
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) explain(); // else it comes back by itself
  });
}

async function explain() {
  try {
    const answer = await fetch("municipalities");
    if (answer.status === 401) {
      why = "Nyckeln gäller inte längre: öppna väggen med den nya";
      tell(parts.trouble, why);
      return;
    }
    const all = answer.ok ? await answer.json() : [];
    if (board !== null || all.length === 0) return;
    if (all.length === 1 || all.some((one) => one.id === chosen.municipality)) {
      text(parts.empty, "Väggen har så många skärmar den kan ha; den försöker igen");
      return;
    }
    const links = all.map((one) => {
      const link = document.createElement("a");
      const address = new URLSearchParams(location.search);
      address.set("kommun", one.id);
      link.href = `?${address}`;
      link.textContent = one.name;
      return link;
    });
    parts.empty.replaceChildren("Välj kommun: ", ...links.flatMap((link) => [link, " "]));
  } catch {
    tell(parts.trouble, "Ingen kontakt med väggens server");
  }
}

async function loadAnew() {
  // A page that isn't there now, as while a proxy has no server, would stay away.
  const answer = await fetch("./", { cache: "no-store" }).catch(() => null);
  if (answer?.ok && (await answer.text()).includes(board.version)) location.reload();
}

function version() {
  return document.querySelector("meta[name=version]").content;
}

function mayLoadAnew() {
  // A server before which another answers could make it go on for ever.
  try {
    const last = Number(sessionStorage.getItem("loaded") ?? 0);
    if (Date.now() - last < 300_000) return false;
    sessionStorage.setItem("loaded", String(Date.now()));
    return true;
  } catch {
    return false; // a browser that keeps nothing
  }
}

// Small tools. Nothing is changed that is as it should be: a page is open for months.

function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

function tell(element, value) {
  element.hidden = !value;
  text(element, value);
}

function fill(list, count, tag, drawItem) {
  while (list.children.length > count) list.lastElementChild.remove();
  while (list.children.length < count) list.append(document.createElement(tag));
  [...list.children].forEach(drawItem);
}

function shape() {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("class", "shape");
  drawn.setAttribute("viewBox", "0 0 16 16");
  drawn.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("fill-rule", "evenodd");
  drawn.append(path);
  return drawn;
}

if (chosen.theme) document.documentElement.dataset.theme = chosen.theme;
setInterval(everySecond, 1000);
for (const event of ["pageshow", "online"]) addEventListener(event, everySecond);
document.addEventListener("visibilitychange", everySecond);
listen();
