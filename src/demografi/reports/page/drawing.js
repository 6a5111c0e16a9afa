// Figures as inline SVG, drawn at the width there is; nothing here knows where numbers are from.
const COLOR = {
  fjord: "#12434F", laks: "#E2674A", laksText: "#B9421F", ink: "#16262C", ink2: "#54656B", axis: "#8A979C",
  backdrop: "#C4CDD1", grid: "#E1E7E9", surface: "#EEF2F3", laks1: "#FBE6DF", laks2: "#F4BFAF", fjord3: "#7AA9B4",
  stein: "#82888B", white: "#FFFFFF",
};
const CONTEXT = [COLOR.stein, COLOR.ink2, COLOR.axis, COLOR.fjord3];
const NARROW = 520;
let tightness = 1; // Paper has less height to give.
const SVG = "http://www.w3.org/2000/svg";
const ruler = document.createElement("canvas").getContext("2d");

function node(parent, name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, typeof value === "number" ? String(Math.round(value * 100) / 100) : value);
  }
  parent.append(made);
  return made;
}

function canvas(width, height, alt) {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("viewBox", `0 0 ${width} ${Math.ceil(height)}`);
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", alt);
  return made;
}

function textWidth(text, size = 13, bold = false) {
  ruler.font = `${bold ? 600 : 400} ${size}px ${getComputedStyle(document.body).fontFamily}`;
  return ruler.measureText(text).width;
}

function write(svg, x, y, text, look = {}) {
  const { size = 13, color = COLOR.ink, bold = false, anchor = "start", halo = false } = look;
  const made = node(svg, "text", { x, y, "font-size": size, fill: color, "text-anchor": anchor });
  if (bold) made.setAttribute("font-weight", "600");
  if (halo) {
    made.setAttribute("stroke", COLOR.white);
    made.setAttribute("stroke-width", "4");
    made.setAttribute("paint-order", "stroke");
  }
  made.textContent = text;
  return made;
}

function rule(svg, x1, y1, x2, y2, color = COLOR.grid, width = 0.8) {
  node(svg, "line", { x1, y1, x2, y2, stroke: color, "stroke-width": width });
}

function box(svg, x, y, width, height, fill, edge) {
  const made = node(svg, "rect", { x, y, width: Math.max(width, 0), height, fill });
  if (edge) {
    made.setAttribute("stroke", edge);
    made.setAttribute("stroke-width", "1.5");
  }
}

function dot(svg, x, y, fill, edge = COLOR.white, width = 1.4, r = 4) {
  node(svg, "circle", { cx: x, cy: y, r, fill, stroke: edge, "stroke-width": width });
}

// A round step that gives at most `most` steps up to the highest value.
function roundStep(highest, most = 5) {
  const raw = (highest || 1) / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= raw * 0.999999);
}

function decimalsOf(step) {
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}

// Keep labels apart and in order, round the middle of those that are too close.
function apart(wanted, gap, lowest, highest) {
  const order = wanted.map((y, i) => [y, i]).sort((a, b) => a[0] - b[0]);
  const placed = order.map(([y]) => y);
  for (let i = 1; i < placed.length; i++) placed[i] = Math.max(placed[i], placed[i - 1] + gap);
  const over = Math.max(0, (placed.at(-1) - order.at(-1)[0]) / 2, placed.at(-1) - highest);
  for (let i = placed.length - 1; i >= 0; i--) {
    const limit = i === placed.length - 1 ? Math.min(highest, placed[i] - over) : placed[i + 1] - gap;
    placed[i] = Math.max(Math.min(placed[i], limit), lowest + i * gap);
  }
  const found = [];
  order.forEach(([, i], k) => { found[i] = placed[k]; });
  return found;
}

function path(points) {
  return points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");
}

function stroke(svg, points, color, width, dashed = false) {
  if (points.length < 2) return;
  const made = node(svg, "path", { d: path(points), fill: "none", stroke: color, "stroke-width": width });
  made.setAttribute("stroke-linejoin", "round");
  if (dashed) made.setAttribute("stroke-dasharray", "5 3.5");
}

function yearTicks(first, last, spacing) {
  const ticks = [first];
  const step = last - first > 8 ? 5 : 1;
  for (let year = Math.ceil(first / step) * step; year < last; year += step) {
    if ((year - ticks.at(-1)) * spacing >= 38 && (last - year) * spacing >= 38) ticks.push(year);
  }
  return last > first ? [...ticks, last] : ticks;
}

// Lines over years from zero: `lines` of {name, points, color, width, dashedFrom, bold, silent}, `band` of
// [year, low, high], `divider` after the last registered year, `marks` of {year, value, text, above, clear}, `chosen` [year, value].
function lineChart(width, alt, drawn) {
  const { lines, band = [], divider, marks = [], chosen, decimals = 0 } = drawn;
  const narrow = width < NARROW;
  const height = (narrow ? 270 : 310) * tightness;
  const years = lines.flatMap((line) => line.points.map(([year]) => year));
  const [first, last] = [Math.min(...years), Math.max(...years)];
  const values = [...lines.flatMap((line) => line.points.map((point) => point[1])), ...band.map((row) => row[2])];
  const step = roundStep(Math.max(...values));
  const top = step * Math.ceil(Math.max(...values) / step - 1e-9);
  const printedStep = (value) => number(value, decimalsOf(step));
  const labels = lines.filter((line) => !line.silent).map((line) => ({ line, value: number(line.points.at(-1)[1], decimals) }));
  const widest = (texts, bold) => Math.max(0, ...texts.map((text) => textWidth(text, 13, bold)));
  const valueWidth = widest(labels.map((one) => one.value), true);
  const nameWidth = widest(labels.map((one) => one.line.name), true);
  const right = 12 + (narrow ? Math.max(valueWidth, nameWidth) : valueWidth + 8 + nameWidth);
  const plot = { x: widest([printedStep(top)]) + 10, y: 28, bottom: height - 26, right: width - right };
  const x = (year) => plot.x + ((year - first) / Math.max(last - first, 1)) * (plot.right - plot.x);
  const y = (value) => plot.bottom - (value / top) * (plot.bottom - plot.y);
  const svg = canvas(width, height, alt);
  for (let k = 0; k * step <= top + step * 1e-6; k++) {
    rule(svg, plot.x, y(k * step), plot.right, y(k * step), k ? COLOR.grid : COLOR.axis);
    write(svg, plot.x - 8, y(k * step) + 4.5, printedStep(k * step), { color: COLOR.ink2, anchor: "end", size: 12.5 });
  }
  for (const year of yearTicks(first, last, (plot.right - plot.x) / Math.max(last - first, 1))) {
    rule(svg, x(year), plot.bottom, x(year), plot.bottom + 4, COLOR.axis);
    write(svg, x(year), plot.bottom + 19, String(year), { color: COLOR.ink2, anchor: "middle", size: 12.5 });
  }
  if (band.length) {
    const edge = (k) => band.map((row) => [x(row[0]), y(row[k])]);
    node(svg, "path", { d: `${path([...edge(1), ...edge(2).reverse()])}Z`, fill: COLOR.laks1 });
    stroke(svg, edge(1), COLOR.laks2, 1);
    stroke(svg, edge(2), COLOR.laks2, 1);
  }
  if (divider !== undefined && divider >= first && divider < last) divide(svg, plot, x(divider));
  if (chosen) rule(svg, x(chosen[0]), y(chosen[1]), x(chosen[0]), plot.bottom, COLOR.laksText, 1);
  for (const line of lines) drawLine(svg, line, x, y);
  for (const mark of marks) drawMark(svg, plot, mark, x, y);
  endLabels(svg, plot, labels, y, narrow, valueWidth);
  return svg;
}

function divide(svg, plot, x) {
  rule(svg, x, plot.y - 20, x, plot.bottom, COLOR.axis);
  const [before, after] = [say("registered"), say("projected")];
  if (x - plot.x > textWidth(before) + 8) {
    write(svg, x - 7, plot.y - 9, before, { color: COLOR.fjord, anchor: "end" });
  }
  write(svg, x + 7, plot.y - 9, after, { color: COLOR.laksText });
}

function drawLine(svg, line, x, y) {
  const at = ([year, value]) => [x(year), y(value)];
  const turn = line.points.findIndex(([year]) => year >= (line.dashedFrom ?? Infinity));
  const known = turn < 0 ? line.points : line.points.slice(0, turn + 1);
  stroke(svg, known.map(at), line.color, line.width ?? 2);
  if (turn >= 0) stroke(svg, line.points.slice(turn).map(at), line.color, line.width ?? 2, true);
}

function drawMark(svg, plot, mark, x, y) {
  const [at, up] = [x(mark.year), y(mark.value)];
  dot(svg, at, up, mark.color);
  if (!mark.text) return;
  const half = textWidth(mark.text, 13, true) / 2;
  const middle = Math.min(Math.max(at, plot.x + half), plot.right - half);
  const clear = mark.clear === undefined ? up : y(mark.clear);
  const base = mark.above ? Math.max(clear - 12, plot.y + 6) : Math.min(clear + 22, plot.bottom - 6);
  write(svg, middle, base, mark.text, { bold: true, anchor: "middle", halo: true });
}

function endLabels(svg, plot, labels, y, narrow, valueWidth) {
  const placed = apart(labels.map((one) => y(one.line.points.at(-1)[1])), narrow ? 33 : 18, plot.y, plot.bottom);
  labels.forEach(({ line, value }, i) => {
    const look = { bold: Boolean(line.bold), color: line.labelColor ?? COLOR.ink2 };
    const left = plot.right + 9;
    write(svg, left, placed[i] + (narrow ? -2 : 4.5), value, look);
    write(svg, narrow ? left : left + valueWidth + 8, placed[i] + (narrow ? 13 : 4.5), line.name, look);
  });
}

// Men left, women right; bars are the first year, the ink line the second. `rows` of {age, old, now, then}.
function pyramidChart(width, alt, { rows, years }) {
  const narrow = width < NARROW;
  const [pitch, gutter, top] = [Math.round(17 * tightness), 54, 26];
  const half = (width - gutter) / 2;
  const bottom = top + rows.length * pitch;
  const svg = canvas(width, bottom + 52, alt);
  const highest = Math.max(1, ...rows.flatMap((row) => [...row.now, ...row.then]));
  const step = roundStep(highest, narrow ? 2 : 4);
  [0, 1].forEach((sex) => {
    const origin = sex ? half + gutter : half;
    const x = (value) => origin + (sex ? 1 : -1) * (value / highest) * half;
    write(svg, origin, 15, say(sex ? "women" : "men"), { bold: true, anchor: sex ? "start" : "end" });
    for (let k = 0; k * step <= highest * 1.0001; k++) {
      rule(svg, x(k * step), top, x(k * step), bottom, k ? COLOR.grid : COLOR.axis);
      const said = number(k * step, decimalsOf(step));
      const room = textWidth(said, 12.5) / 2;
      const middle = Math.max(room, Math.min(x(k * step), width - room));
      write(svg, k ? middle : x(0), bottom + 17, said, { color: COLOR.ink2, size: 12.5, anchor: "middle" });
    }
    const corners = [];
    rows.forEach((row, i) => {
      const y = bottom - (i + 1) * pitch;
      const bar = (value, color) => box(svg, Math.min(origin, x(value)), y + 1.5, Math.abs(x(value) - origin), pitch - 3, color);
      if (row.old && row.then[sex] > row.now[sex]) bar(row.then[sex], COLOR.laks1);
      bar(row.now[sex], row.old ? COLOR.laks : COLOR.backdrop);
      corners.push([x(row.then[sex]), y + pitch], [x(row.then[sex]), y]);
    });
    corners.push([origin, top]);
    const made = node(svg, "path", { d: path(corners), fill: "none", stroke: COLOR.ink, "stroke-width": 1.5 });
    made.setAttribute("stroke-linejoin", "miter");
  });
  rows.forEach((row, i) => {
    const look = { size: Math.min(12, pitch - 2), color: row.old ? COLOR.ink : COLOR.ink2, bold: row.old, anchor: "middle" };
    write(svg, half + gutter / 2, bottom - (i + 0.5) * pitch + 4, row.age, look);
  });
  const keyY = bottom + 42;
  box(svg, 0, keyY - 10, 18, 11, COLOR.backdrop);
  write(svg, 24, keyY, String(years[0]));
  const second = 24 + textWidth(String(years[0])) + 22;
  rule(svg, second, keyY - 4.5, second + 18, keyY - 4.5, COLOR.ink, 1.5);
  write(svg, second + 24, keyY, say("projected_year", { year: String(years[1]) }));
  return svg;
}

// One row per municipality: hollow circle is the start, filled the end. `rows` of {name, start, end, strong, focus}.
function dumbbellChart(width, alt, { rows, total, heads }) {
  const narrow = width < NARROW;
  const pitch = narrow ? 46 : 30 * tightness;
  const names = [...rows, total].map((row) => textWidth(row.name, 14, true));
  const left = narrow ? 0 : Math.max(...names) + 14;
  const column = Math.max(textWidth(say("percent_heading")), textWidth(say("increase"))) + 18;
  const track = { x: left + 36, right: narrow ? width - 40 : width - 2 * column - 44 };
  const top = 30;
  const bottom = top + rows.length * pitch;
  const svg = canvas(width, bottom + 46, alt);
  const highest = Math.max(1, ...rows.flatMap((row) => [row.start, row.end]));
  const x = (value) => track.x + (value / highest) * (track.right - track.x);
  heads.forEach((head, i) => {
    const look = { color: i ? COLOR.laksText : COLOR.fjord, bold: Boolean(i) };
    const at = i ? textWidth(heads[0]) + 46 : 12;
    dot(svg, (narrow ? 0 : left) + at - 6, 11.5, i ? COLOR.laks : COLOR.white, i ? COLOR.white : COLOR.fjord, 1.8, 4.5);
    write(svg, (narrow ? 0 : left) + at + 4, 16, head, { ...look, size: 12.5 });
  });
  const columns = { anchor: "end", color: COLOR.ink2, size: 12.5 };
  if (!narrow) {
    write(svg, width - column, 16, say("change"), columns);
    write(svg, width, 16, say("percent_heading"), columns);
  }
  rows.forEach((row, i) => dumbbellRow(svg, row, top + i * pitch, { x, track, narrow, width, pitch, column }));
  rule(svg, 0, bottom + 4, width, bottom + 4, COLOR.ink, 1);
  write(svg, 0, bottom + 27, total.name, { bold: true, size: 14 });
  const span = `${number(total.start)} → ${number(total.end)}`;
  if (!narrow) write(svg, left + 36, bottom + 27, span, {});
  changes(svg, total, bottom + 27, { width, column, narrow, span, bold: true });
  return svg;
}

function changes(svg, row, y, { width, column, narrow, span = "", bold = false }) {
  const change = number(row.end - row.start, 0, true);
  const share = growth(row.end, row.start);
  if (narrow) {
    const said = [span, `${change} (${share})`].filter(Boolean).join("   ");
    write(svg, width, y, said, { anchor: "end", bold });
  } else {
    write(svg, width - column, y, change, { anchor: "end", bold: bold || row.most });
    write(svg, width, y, share, { anchor: "end", bold: bold || row.fastest });
  }
}

function dumbbellRow(svg, row, top, { x, track, narrow, width, pitch, column }) {
  if (row.focus) box(svg, 0, top + 1, width, pitch - 2, COLOR.surface);
  const y = top + (narrow ? 32 : pitch / 2);
  const textY = narrow ? top + 16 : y + 4.5;
  write(svg, row.focus ? 4 : 0, textY, row.name, { bold: row.strong || row.focus, size: 14 });
  changes(svg, row, textY, { width: row.focus ? width - 4 : width, column, narrow });
  rule(svg, track.x, y, track.right, y, row.focus ? COLOR.backdrop : COLOR.grid);
  rule(svg, x(row.start), y, x(row.end), y, row.strong ? COLOR.laks : COLOR.laks2, 3.2);
  dot(svg, x(row.start), y, COLOR.white, COLOR.fjord, 1.8, 4.5);
  dot(svg, x(row.end), y, COLOR.laks, COLOR.white, 1, 5);
  const rises = row.end >= row.start;
  const halo = !row.focus;
  write(svg, x(row.start) + (rises ? -9 : 9), y + 4.5, number(row.start),
    { color: COLOR.fjord, anchor: rises ? "end" : "start", halo });
  write(svg, x(row.end) + (rises ? 9 : -9), y + 4.5, number(row.end),
    { color: COLOR.laksText, bold: true, anchor: rises ? "start" : "end", halo });
}

// From staff today to need later. `steps` of {name, from, to, kind, value}; levels stand on zero.
function waterfallChart(width, alt, steps) {
  const narrow = width < NARROW;
  const pitch = narrow ? 50 : 40 * tightness;
  const left = narrow ? 0 : Math.max(...steps.map((step) => textWidth(step.name, 15, true))) + 18;
  const room = Math.max(...steps.map((step) => textWidth(step.value, 15, true))) + 12;
  const svg = canvas(width, steps.length * pitch + 6, alt);
  const highest = Math.max(1, ...steps.flatMap((step) => [step.from, step.to]));
  const x = (value) => left + (value / highest) * (width - left - room);
  const thick = narrow ? 24 : pitch * 0.62;
  const fills = {
    level: COLOR.fjord, departure: COLOR.backdrop, recruitment: COLOR.fjord3, gap: COLOR.laks, surplus: COLOR.fjord,
  };
  rule(svg, left, 0, left, steps.length * pitch, COLOR.axis);
  steps.forEach((step, i) => {
    const y = i * pitch + (narrow ? 21 : (pitch - thick) / 2);
    const [low, high] = [Math.min(step.from, step.to), Math.max(step.from, step.to)];
    const isGap = step.kind === "gap";
    const bold = isGap || ["level", "need", "surplus"].includes(step.kind);
    const look = { bold, color: isGap ? COLOR.laksText : COLOR.ink, size: isGap ? 15 : 14 };
    write(svg, narrow ? 4 : 0, narrow ? i * pitch + 15 : y + thick / 2 + 5, step.name, look);
    if (step.kind === "need") box(svg, x(low), y, x(high) - x(low), thick, COLOR.surface, COLOR.fjord);
    else box(svg, x(low), y, x(high) - x(low), thick, fills[step.kind]);
    write(svg, x(high) + 7, y + thick / 2 + 5, step.value, look);
    if (i + 1 < steps.length) {
      const next = (i + 1) * pitch + (narrow ? 21 : (pitch - thick) / 2);
      if (!narrow) rule(svg, x(step.to), y + thick, x(step.to), next, COLOR.axis, 0.9);
    }
  });
  return svg;
}
