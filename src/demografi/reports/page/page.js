// What is chosen stands in the address; the address is read, and everything is drawn from it.
const FIGURES = ["pyramid", "support_ratio", "users", "municipalities", "coverage", "nurse_gap"];
const PRINT_WIDTH = 605, PAPER_TIGHTNESS = 0.76;
const byId = (id) => document.getElementById(id);
const form = byId("choose");
const inputs = { place: byId("place"), year: byId("year"), typed: byId("year-number"), need: byId("need") };
const lastYear = data.launch + data.years;
const SAME_MOVE = 1000;
let lastChanged = "";
let lastTime = 0;
let ours = location.hash;
let shown = null;
let drawnWidth = 0;

function tag(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// --- what is chosen

function defaults() {
  return { place: data.places[0].code, year: String(lastYear), need: data.scenarios[0].id };
}

function isKnown(key, value) {
  if (key === "place") return data.places.some((place) => place.code === value);
  if (key === "need") return data.scenarios.some((scenario) => scenario.id === value);
  return /^\d{1,4}$/.test(value) && Number(value) > data.launch && Number(value) <= lastYear;
}

function read() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const chosen = defaults();
  const refused = [];
  for (const key of Object.keys(chosen)) {
    const value = asked.get(key);
    if (value === null) continue;
    if (isKnown(key, value)) chosen[key] = value;
    else refused.push(`${key}=${value}`);
  }
  return { chosen, refused };
}

// Dragging the year, or typing a name letter by letter, leaves one step to go back over, not one for each on the way.
function choose(key, value) {
  const next = `#${new URLSearchParams({ ...read().chosen, [key]: value })}`;
  if (next === location.hash) return;
  ours = next;
  const now = performance.now();
  if (key === lastChanged && (key === "year" || now - lastTime < SAME_MOVE)) location.replace(next);
  else location.hash = next;
  lastChanged = key;
  lastTime = now;
}

function typedYear() {
  const value = inputs.typed.value.trim();
  const isGood = isKnown("year", value);
  byId("year-refused").textContent = isGood
    ? "" : say("page_year_refused", { first: String(data.launch + 1), last: String(lastYear) });
  inputs.typed.setAttribute("aria-invalid", String(!isGood));
  if (isGood) choose("year", value);
}

// --- what is said and drawn, from the tables of the place

function view(chosen) {
  const place = data.places.find((one) => one.code === chosen.place);
  const s = data.scenarios.findIndex((one) => one.id === chosen.need);
  const year = Number(chosen.year);
  const t = year - data.launch;
  const part = place.needs[s];
  const today = place.registered.at(-1);
  const supportAt = (code, when) => data.support[code].values[data.support[code].years.indexOf(when)];
  const staff = { today: part.gap.supply[0], left: part.gap.supply[t], need: part.gap.need[t], gap: part.gap.gap[t] };
  return {
    place, year, t, part, today, supportAt, staff, s, scenario: data.scenarios[s],
    isOther: Number(data.scenarios[s].coverage_year) !== today[0] - 1,
    old: (k) => place.persons["80+"][k], users: part.users[t],
    blanks: { region: place.name, place: place.phrase, launch: String(data.launch), to: String(year) },
  };
}

function intervalSaid(found, k) {
  if (!found) return "";
  const [low, high] = ends(found.low[k], found.high[k]);
  return say("interval_said", { level: number(100 * data.level), low, high });
}

function keyNumbers(now) {
  const { place, part, today, t, year, staff } = now;
  const span = (start) => ({ start: String(start), end: String(year) });
  const pair = (old, later, decimals = 0) => `${number(old, decimals)} → ${number(later, decimals)}`;
  const change = (old, later, start, key = "key_span_percent") => say(key, { ...span(start), percent: growth(later, old) });
  const rows = [
    [pair(now.old(0), now.old(t)), "key_old", change(now.old(0), now.old(t), data.launch),
      intervalSaid(place.interval, t)],
    [pair(today[1], now.users), "key_users", change(today[1], now.users, today[0]),
      intervalSaid(part.users_interval, t)],
  ];
  if (part.person_years) {
    const [old, later] = [place.needs[0].person_years[0], part.person_years[t]];
    rows.push([pair(old, later), "key_person_years", change(old, later, data.launch, "key_need_detail"),
      intervalSaid(part.person_years_interval, t)]);
  }
  rows.push([personYears(staff.gap), "key_nurses", say("key_gap_detail", span(data.launch)), ""]);
  const [first, last] = [data.launch, year].map((when) => now.supportAt(place.code, when));
  rows.push([pair(first, last, 1), "key_support", say("key_span", span(data.launch)), ""]);
  return rows.map(([value, key, detail, interval]) => keyNumber(value, say(key), detail, interval));
}

function keyNumber(value, what, detail, interval) {
  const made = tag("div", {}, tag("dt", {}, what), tag("dd", { class: "number" }, value),
    tag("dd", { class: "detail" }, detail));
  if (interval) made.append(tag("dd", { class: "detail" }, interval));
  return made;
}

function residentsSaid(now) {
  const { place, t, blanks } = now;
  const counts = (group) => [place.persons[group][0], place.persons[group][t]];
  const [persons, personsTo] = counts("total");
  const [old, oldTo] = counts("80+");
  const population = say("say_population", {
    ...blanks, persons: number(persons), persons_to: number(personsTo), old: number(old), old_to: number(oldTo),
    change: moreOrFewer(oldTo, old), percent: growth(oldTo, old),
  });
  const causes = say("say_old_causes", {
    ...blanks, grow: number(place.grow_into[t]), deaths: number(-place.deaths[t]), net: number(place.net_migration[t], 0, true),
  });
  const others = against(place).map((one) => `${one.said} ${number(now.supportAt(one.code, now.year), 1)}`);
  const support = say(others.length ? "say_support" : "say_support_alone", {
    ...blanks, first: number(now.supportAt(place.code, data.launch), 1),
    last: number(now.supportAt(place.code, now.year), 1), others: listed(others),
  });
  return [`${population} ${causes}`, support];
}

function against(place) {
  const whole = data.places[0];
  const region = place === whole ? [] : [{ code: whole.code, name: whole.name, said: whole.name }];
  return [...region, ...data.against];
}

function usersSaid(now) {
  const { part, today, t, blanks, scenario, place } = now;
  const years = { counted_year: String(today[0] - 1), coverage_year: scenario.coverage_year };
  const said = [say("page_say_users", {
    ...blanks, ...years, users: number(today[1]), users_to: number(now.users),
    change: moreOrFewer(now.users, today[1]), percent: growth(now.users, today[1]),
  })];
  if (now.isOther) said.push(say("page_say_jump", { ...years, last: String(today[0]) }));
  if (part.person_years) {
    const [first, last] = [place.needs[0].person_years[0], part.person_years[t]];
    said.push(say("page_say_person_years", {
      ...blanks, need: personYears(first), need_to: personYears(last), percent: growth(last, first),
    }));
  } else said.push(say("say_no_person_years", blanks));
  return said;
}

function handsSaid(now) {
  const { staff, part, t, blanks } = now;
  const said = [say("say_nurses", {
    ...blanks, count_year: String(data.count_year), share: percent(data.share_55plus), age: number(data.exit_age, 1),
    today: personYears(staff.today), left: personYears(staff.left), exits: personYears(now.place.exits[t]),
    growth: personYears(part.gap.need[t] - part.gap.need[0]), gap: personYears(staff.gap),
  })];
  if (now.isOther) said.push(say("page_say_gap_same", blanks));
  return said;
}

// --- figures: each gives its words, its drawing and its table

function oldTitle(old, later, year) {
  const times = old ? timesWord(later / old) : null;
  if (times === say("times_unchanged")) return say("old_title_unchanged", { year });
  if (times) return say("pyramid_title_times", { times: times[0].toUpperCase() + times.slice(1), year });
  const count = number(Math.abs(later - old));
  return say(later >= old ? "pyramid_title_more" : "pyramid_title_fewer", { count, year });
}

const figures = {
  pyramid(now) {
    const { place, t, year, blanks } = now;
    const [old, later] = [now.old(0), now.old(t)];
    const work = [place.persons["20-66"][0], place.persons["20-66"][t]];
    const rows = data.ages.map((age, i) => ({
      age: age.replace("-", "–"), old: parseInt(age, 10) >= 80,
      now: [place.male[0][i], place.female[0][i]], then: [place.male[t][i], place.female[t][i]],
    }));
    return {
      title: oldTitle(old, later, String(year)),
      subtitle: say("pyramid_subtitle", blanks),
      alt: say("page_alt_pyramid", {
        ...blanks, first: number(old), last: number(later), change: growth(later, old), first_work: number(work[0]),
        last_work: number(work[1]),
      }),
      draw: (width, alt) => pyramidChart(width, alt, { rows, years: [data.launch, year] }),
      head: [say("page_age"), ...["men", "women"].flatMap((sex) => [data.launch, year].map((y) => `${say(sex)} ${y}`))],
      rows: rows.map((row) => [row.age, row.now[0], row.then[0], row.now[1], row.then[1]].map(asText(0))).reverse(),
    };
  },

  support_ratio(now) {
    const { place, year, blanks } = now;
    const [first, last] = [data.launch, year].map((when) => number(now.supportAt(place.code, when), 1));
    const all = [{ code: place.code, name: place.name }, ...against(place)];
    const lines = all.map(({ code, name }, i) => ({
      name, points: data.support[code].years.map((when, k) => [when, data.support[code].values[k]]),
      color: i ? CONTEXT[(i - 1) % CONTEXT.length] : COLOR.fjord, labelColor: i ? COLOR.ink2 : COLOR.fjord,
      width: i ? 1.7 : 2.8, bold: !i, dashedFrom: data.launch,
    })).reverse();
    const years = [...new Set(lines.flatMap((line) => line.points.map(([when]) => when)))].sort();
    return {
      title: say("support_title", { first, last }),
      subtitle: say("support_subtitle", { first_year: String(years[0]), end: String(lastYear) }),
      alt: say("page_alt_support_ratio", { ...blanks, first, last }),
      draw: (width, alt) => lineChart(width, alt, {
        lines, decimals: 1, divider: data.launch, chosen: [year, now.supportAt(place.code, year)],
        marks: [{ year, value: now.supportAt(place.code, year), text: "", color: COLOR.fjord }],
      }),
      head: [say("page_year"), ...all.map((one) => one.name)],
      rows: years.map((when) => [String(when), ...all.map((one) => number(now.supportAt(one.code, when), 1))]),
    };
  },

  users(now) {
    const { place, part, today, year, blanks, scenario } = now;
    const future = part.users.map((value, k) => [data.launch + k, value]).filter(([when]) => when > today[0]);
    const change = now.users - today[1];
    const first = place.registered[0];
    const band = part.users_interval
      ? future.map(([when]) => [when, part.users_interval.low[when - data.launch], part.users_interval.high[when - data.launch]]) : [];
    const join = band.length ? [[today[0], today[1], today[1]], ...band] : [];
    const ends = intervalSaid(part.users_interval, now.t);
    const atEnd = year === lastYear;
    return {
      title: say(change >= 0 ? "users_title_more" : "users_title_fewer", { count: number(Math.abs(change)), end: String(year) }),
      subtitle: say("users_subtitle", blanks),
      note: [scenario.note, part.users_interval ? say("page_band", { level: percent(data.level) }) : ""].join(" ").trim(),
      alt: `${say("page_alt_users", { ...blanks, last: String(today[0]), first_value: number(today[1]),
        last_value: number(now.users), change: growth(now.users, today[1]) })} ${ends}`.trim(),
      draw: (width, alt) => lineChart(width, alt, {
        lines: [
          { name: "", points: place.registered, color: COLOR.fjord, width: 2.8, silent: true },
          { name: say("own_projection_short"), points: [today, ...future], color: COLOR.laks, width: 2.8, bold: true,
            labelColor: COLOR.laksText },
        ],
        band: join, divider: today[0], chosen: [year, now.users],
        marks: [
          { year: first[0], value: first[1], text: first[0] === today[0] ? "" : number(first[1]), color: COLOR.fjord, above: true },
          { year: today[0], value: today[1], text: number(today[1]), color: COLOR.fjord, above: false },
          { year, value: now.users, text: atEnd ? "" : say("value_in_year", { value: number(now.users), year: String(year) }),
            color: COLOR.laks, above: true, clear: part.users_interval ? part.users_interval.high[now.t] : undefined },
        ],
      }),
      head: [say("page_year"), say("column_value"), say("page_kind"), ...(band.length ? [say("lower"), say("upper")] : [])],
      rows: [
        ...place.registered.map(([when, value]) => [String(when), number(value), say("registered_lower"),
          ...(band.length ? ["", ""] : [])]),
        ...future.map(([when, value], k) => [String(when), number(value), say("projected_lower"),
          ...(band.length ? [number(band[k][1]), number(band[k][2])] : [])]),
      ],
    };
  },

  municipalities(now) {
    if (data.places.length < 2) return null;
    const rows = data.places.slice(1).map((place) => ({
      code: place.code, name: place.name, phrase: place.phrase, start: place.start, end: place.needs[now.s].users[now.t],
      focus: place === now.place,
    })).sort((a, b) => (b.end - b.start) - (a.end - a.start));
    const most = rows[0];
    const fastest = rows.reduce((best, row) => (row.end / row.start > best.end / best.start ? row : best));
    most.most = most.strong = fastest.fastest = fastest.strong = true;
    const whole = data.places[0];
    const total = { name: whole.name, start: sum(rows, "start"), end: sum(rows, "end") };
    const heads = [data.start_date, dated(now.year)];
    const grows = most.end > most.start;
    const key = most === fastest ? "municipalities_title_same" : "municipalities_title";
    const change = number(most.end - most.start, 0, true);
    return {
      title: grows ? say(key, { most: most.name, fastest: fastest.name, strongest: fastest.phrase })
        : say("municipalities_title_one", { place: whole.phrase, start: heads[0], end: heads[1] }),
      subtitle: say("municipalities_subtitle"),
      note: now.scenario.note_municipalities,
      alt: say("page_alt_municipalities", {
        start: heads[0], end: heads[1], most: most.name, most_change: change, fastest: fastest.name,
        fastest_percent: growth(fastest.end, fastest.start), first: number(total.start), last: number(total.end),
      }),
      draw: (width, alt) => dumbbellChart(width, alt, { rows, total, heads }),
      head: [say("page_municipality"), ...heads, say("change"), say("percent_heading")],
      rows: [...rows, total].map((row) => [
        row.name, number(row.start), number(row.end), number(row.end - row.start, 0, true), growth(row.end, row.start)]),
    };
  },

  coverage(now) {
    const { place, blanks, scenario } = now;
    const names = { together: "coverage_both", home_service: "coverage_home", long_stay: "coverage_long_stay" };
    const services = Object.keys(names).filter((service) => place.coverage[service]);
    const both = place.coverage.together;
    const [first, last] = [both[0], both.at(-1)];
    const ends = { first: percent(first[1] / 100), last: percent(last[1] / 100) };
    const years = { start: String(first[0]), end: String(last[0]) };
    const chosen = Number(scenario.coverage_year);
    const held = both.find(([when]) => when === chosen);
    return {
      title: say(last[1] < first[1] ? "coverage_title_fall" : "coverage_title_rise", ends),
      subtitle: say("coverage_subtitle", { ...blanks, ...years }),
      alt: say("page_alt_coverage", { ...blanks, ...years, ...ends, chosen: scenario.coverage_year }),
      draw: (width, alt) => lineChart(width, alt, {
        lines: services.map((service, i) => ({
          name: say(names[service]), points: place.coverage[service], color: i ? CONTEXT[i - 1] : COLOR.fjord,
          labelColor: i ? COLOR.ink2 : COLOR.fjord, bold: !i, width: i ? 2 : 2.8,
        })),
        chosen: held, decimals: 1,
        marks: held ? [{ year: chosen, value: held[1], color: COLOR.laks, above: true,
          text: say("page_held", { year: scenario.coverage_year, value: percent(held[1] / 100) }) }] : [],
      }),
      head: [say("page_year"), ...services.map((service) => say(names[service]))],
      rows: both.map(([when], k) => [String(when), ...services.map((service) => number(place.coverage[service][k][1], 1))]),
    };
  },

  nurse_gap(now) {
    const { place, staff, t, year, blanks } = now;
    const start = String(data.launch), end = String(year);
    const exits = place.exits[t], entrants = place.entrants[t];
    const steps = [
      { name: say("person_years_in", { year: start }), from: 0, to: staff.today, kind: "level", value: personYears(staff.today) },
      { name: say("departure_to", { year: end }), from: staff.today, to: staff.today - exits, kind: "departure",
        value: personYears(-exits, true) },
    ];
    if (entrants > 0) {
      steps.push({ name: say("recruitment"), from: staff.today - exits, to: staff.left, kind: "recruitment",
        value: personYears(entrants, true) });
    }
    steps.push(
      { name: say(entrants > 0 ? "person_years_in" : "left_in", { year: end }), from: 0, to: staff.left, kind: "level",
        value: personYears(staff.left) },
      { name: say(staff.gap >= 0 ? "uncovered" : "surplus"), from: staff.left, to: staff.need,
        kind: staff.gap >= 0 ? "gap" : "surplus", value: personYears(Math.abs(staff.gap)) },
      { name: say("need_in", { year: end }), from: 0, to: staff.need, kind: "need", value: personYears(staff.need) },
    );
    const said = { gap: personYears(Math.abs(staff.gap)), need: personYears(staff.need), left: personYears(staff.left),
      today: personYears(staff.today), start, end };
    return {
      title: say(staff.gap >= 0 ? "gap_title" : "gap_title_surplus", said),
      subtitle: say("gap_subtitle", { ...blanks, ...said }),
      alt: say("page_alt_nurse_gap", { ...blanks, ...said }),
      draw: (width, alt) => waterfallChart(width, alt, steps),
      head: [say("column_step"), say("person_years_heading")],
      rows: steps.map((step) => [step.name, step.value]),
    };
  },
};

function asText(decimals) {
  return (value) => (typeof value === "string" ? value : number(value, decimals));
}

function sum(rows, name) {
  return rows.reduce((total, row) => total + row[name], 0);
}

// --- onto the page

function frame(name) {
  const wide = tag("div", { class: "wide", tabindex: "0", role: "region" }, tag("table"));
  const summary = tag("summary", {}, say("page_table"));
  return tag("figure", { id: `figure-${name}` },
    tag("figcaption", {}, tag("strong", { class: "title" }), tag("span", { class: "subtitle" })),
    tag("div", { class: "drawing" }), tag("p", { class: "note" }), tag("p", { class: "source" }),
    tag("details", {}, summary, wide));
}

function tableOf(told) {
  const head = tag("tr", {}, ...told.head.map((cell) => tag("th", { scope: "col" }, cell)));
  const rows = told.rows.map(([name, ...cells]) => tag("tr", {}, tag("th", { scope: "row" }, name),
    ...cells.map((cell) => tag("td", {}, cell))));
  return tag("table", {}, tag("caption", {}, `${told.title}. ${told.subtitle}`), tag("thead", {}, head),
    tag("tbody", {}, ...rows));
}

function fillFigure(name, now) {
  const told = figures[name](now);
  const figure = byId(`figure-${name}`);
  figure.hidden = told === null;
  if (!told) return;
  const words = data.figures[name];
  figure.querySelector(".title").textContent = told.title;
  figure.querySelector(".subtitle").textContent = told.subtitle;
  figure.querySelector(".note").textContent = told.note ?? words.note;
  figure.querySelector(".source").textContent = words.source;
  figure.querySelector(".wide").setAttribute("aria-label", `${say("page_table")}. ${told.title}`);
  figure.querySelector("summary").setAttribute("aria-label", `${say("page_table")}: ${told.title}`);
  figure.querySelector("table").replaceWith(tableOf(told));
  const drawing = figure.querySelector(".drawing");
  drawing.redraw = (width) => drawing.replaceChildren(told.draw(width, told.alt));
  drawing.redraw(widthOf(drawing));
}

function widthOf(drawing) {
  return Math.max(300, Math.floor(drawing.getBoundingClientRect().width) || PRINT_WIDTH);
}

function followWidth() {
  const width = byId("app").clientWidth;
  if (width !== drawnWidth) redraw();
  drawnWidth = width;
}

function drawForPaper(isPaper) {
  tightness = isPaper ? PAPER_TIGHTNESS : 1;
  redraw(isPaper ? PRINT_WIDTH : undefined);
}

function redraw(width) {
  for (const drawing of document.querySelectorAll(".drawing")) drawing.redraw?.(width ?? widthOf(drawing));
}

function paragraphs(id, said) {
  byId(id).replaceChildren(...said.map((text) => tag("p", {}, text)));
}

function render() {
  const { chosen, refused } = read();
  if (location.hash !== ours) lastChanged = "";
  const now = view(chosen);
  inputs.place.value = chosen.place;
  inputs.year.value = inputs.typed.value = chosen.year;
  inputs.need.value = chosen.need;
  inputs.typed.setAttribute("aria-invalid", "false");
  byId("year-refused").textContent = "";
  const state = say("page_state", { ...now.blanks, year: chosen.year });
  byId("state").textContent = state;
  byId("state-need").textContent = now.scenario.name;
  document.title = `${state} – ${data.title}`;
  byId("keys").replaceChildren(...keyNumbers(now));
  paragraphs("say-residents", residentsSaid(now));
  paragraphs("say-users", usersSaid(now));
  paragraphs("say-hands", handsSaid(now));
  byId("cautions").replaceChildren(...now.scenario.cautions.map((text) => tag("li", {}, text)));
  for (const name of FIGURES) fillFigure(name, now);
  const said = say("page_said", { ...now.blanks, users: number(now.users), gap: personYears(now.staff.gap) });
  const notFound = refused.length ? say("page_address_refused", { asked: refused.join(", ") }) : "";
  byId("refused").textContent = notFound;
  if (shown !== null || notFound) byId("live").textContent = [notFound, said, now.scenario.name].filter(Boolean).join(" ");
  shown = chosen;
}

function begin() {
  const collator = new Intl.Collator(data.language);
  const [whole, ...members] = data.places;
  members.sort((a, b) => collator.compare(a.name, b.name));
  for (const place of [whole, ...members]) inputs.place.append(tag("option", { value: place.code }, place.name));
  for (const scenario of data.scenarios) inputs.need.append(tag("option", { value: scenario.id }, scenario.name));
  for (const input of [inputs.year, inputs.typed]) {
    input.min = String(data.launch + 1);
    input.max = String(lastYear);
    input.step = "1";
  }
  for (const name of FIGURES) byId(`place-${name}`).replaceWith(frame(name));
  form.addEventListener("submit", (event) => event.preventDefault());
  inputs.place.addEventListener("change", () => choose("place", inputs.place.value));
  inputs.need.addEventListener("change", () => choose("need", inputs.need.value));
  inputs.year.addEventListener("input", () => choose("year", inputs.year.value));
  inputs.typed.addEventListener("change", typedYear);
  window.addEventListener("hashchange", render);
  window.addEventListener("beforeprint", () => drawForPaper(true));
  window.addEventListener("afterprint", () => drawForPaper(false));
  byId("app").hidden = false;
  render();
  drawnWidth = byId("app").clientWidth;
  new ResizeObserver(followWidth).observe(byId("app"));
}

begin();
