// Open the pages in a real browser and compare with what Python says: node page.mjs <folder with pages>
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";

const folder = path.resolve(process.argv[2]);
const told = JSON.parse(readFileSync(path.join(folder, "expected.json"), "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const shot = (page, name) => page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
const text = (page, selector) => page.locator(selector).innerText();
const hash = (page) => page.evaluate(() => location.hash);

async function open(name, width, options = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, offline: true, ...options });
  const page = await context.newPage();
  const file = `file://${path.join(folder, name)}`;
  page.faults = [];
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== file && !request.url().startsWith("data:")) page.faults.push(`request ${request.url()}`);
  });
  page.on("console", (message) => { if (message.type() !== "log") page.faults.push(`console: ${message.text()}`); });
  page.on("pageerror", (error) => page.faults.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { page.faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(file + (options.hash ?? ""));
  return page;
}

async function close(page) {
  assert.deepEqual(page.faults, [], "no request, no console message, no error, no dialog");
  await page.context().close();
}

// Wait until the page has followed its address.
async function go(page, state) {
  await page.evaluate((next) => { location.hash = next; }, state);
  await page.waitForFunction((year) => document.getElementById("year").value === year, /year=(\d+)/.exec(state)[1]);
  await page.waitForFunction((next) => document.getElementById("place").value === next, /place=(\w+)/.exec(state)[1]);
}

async function accessible(page, name) {
  await page.evaluate(`if (!window.axe) { ${axe} }`);
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const faults = result.violations.map((one) => `${one.impact} ${one.id}: ${one.nodes.map((n) => n.target).join(" ")}`);
  const serious = result.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  console.log(`    axe ${name}: ${result.violations.length} findings, ${serious.length} serious or critical ${faults.join("; ")}`);
  assert.equal(serious.length, 0, faults.join("\n"));
}

const tests = {
  async "the script prints numbers as Python does, in three languages"() {
    for (const [language, { numbers }] of Object.entries(told.pages)) {
      const page = await open(`page-${language}.html`, 1280);
      const wrong = await page.evaluate((rows) => rows
        .map(([kind, value, a, b, wanted]) => [kind, value, a, b, wanted, window.demografi[kind](value, a ?? undefined, b ?? undefined)])
        .filter((row) => row[4] !== row[5]), numbers);
      assert.deepEqual(wrong.slice(0, 5), []);
      console.log(`    ${language}: ${numbers.length} numbers`);
      await close(page);
    }
  },

  async "titles, sentences and key numbers are those of Python's own chapter of that place and year"() {
    for (const [language, { states }] of Object.entries(told.pages)) {
      const page = await open(`page-${language}.html`, 1280);
      for (const state of states) {
        await go(page, state.hash);
        for (const [figure, title] of Object.entries(state.titles)) {
          assert.equal(await page.textContent(`#figure-${figure} .title`), title, state.hash);
        }
        assert.equal(await page.textContent("#say-residents p:nth-child(1)"), state.residents);
        if (state.support) assert.equal(await page.textContent("#say-residents p:nth-child(2)"), state.support);
        assert.equal(await page.textContent("#say-hands p:nth-child(1)"), state.nurses);
        const keys = await page.locator("#keys .number").allTextContents();
        const wanted = state.keys.length === keys.length ? keys : [keys[0], ...keys.slice(3)];
        assert.deepEqual(wanted, state.keys);
        const row = page.locator("#figure-users tbody tr").filter({ has: page.locator("th", { hasText: state.year }) });
        assert.equal(await row.locator("td").first().textContent(), state.users);
      }
      console.log(`    ${language}: ${states.length} states`);
      await close(page);
    }
  },

  async "every place, year and need can be shown without an error"() {
    for (const name of ["page-nn.html", "page-engerdal.html"]) {
      const page = await open(name, 1280);
      const count = await page.evaluate(async () => {
        const { data } = window.demografi;
        let shown = 0;
        for (const place of data.places) for (const need of data.scenarios) for (const year of [data.launch + 1, data.launch + data.years]) {
          location.replace(`#${new URLSearchParams({ place: place.code, year, need: need.id })}`);
          await new Promise((done) => { window.addEventListener("hashchange", done, { once: true }); setTimeout(done, 300); });
          if (!document.getElementById("state").textContent.includes(place.name)) throw new Error(place.name);
          if (/NaN|undefined|\{\w+\}/.test(document.querySelector("main#app, #app main").textContent)) throw new Error(location.hash);
          shown += 1;
        }
        return shown;
      });
      console.log(`    ${name}: ${count} states`);
      await shot(page, name);
      await close(page);
    }
  },

  async "it is used by keyboard alone; the address keeps the state and the back button goes back"() {
    const page = await open("page-nb.html", 1280);
    const focused = () => page.evaluate(() => document.activeElement.id);
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "place");
    await page.keyboard.type("Hitra");
    await page.waitForFunction(() => location.hash.includes("place=5056"));
    assert.match(await text(page, "#state"), /^Hitra, 1\. januar 2040$/);
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "year");
    for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowLeft");
    await page.waitForFunction(() => location.hash.includes("year=2035"));
    assert.equal(await page.inputValue("#year-number"), "2035");
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "year-number");
    await page.keyboard.type("2033");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => location.hash.includes("year=2033"));
    assert.equal(await page.inputValue("#year"), "2033");
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "need");
    await page.keyboard.press("ArrowDown");
    await page.waitForFunction(() => location.hash.includes("need=coverage-2024"));
    assert.equal(await hash(page), "#place=5056&year=2033&need=coverage-2024");
    assert.match(await page.textContent("#live"), /^Hitra ved inngangen til 2033: .* 31\.12\.2024$/);
    assert.match(await page.title(), /^Hitra, 1\. januar 2033/);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "SUMMARY");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.querySelector("#figure-pyramid details").open), true);
    await page.goBack();
    await page.waitForFunction(() => document.getElementById("need").value === "coverage-2025");
    assert.equal(await page.inputValue("#year"), "2033");
    await page.goBack();
    await page.waitForFunction(() => document.getElementById("year").value === "2040");
    assert.match(await text(page, "#state"), /^Hitra/);
    await page.goBack();
    await page.waitForFunction(() => document.getElementById("place").value === "lakseregionen");
    await page.goForward();
    await page.waitForFunction(() => document.getElementById("place").value === "5056");
    await page.reload();
    assert.match(await text(page, "#state"), /^Hitra, 1\. januar 2040$/);
    await close(page);
  },

  async "a year that is not there is refused in words and nothing moves; so is a strange address"() {
    const page = await open("page-nb.html", 1280);
    await page.fill("#year-number", "2099");
    await page.keyboard.press("Enter");
    assert.equal(await text(page, "#year-refused"), "Skriv et helt årstall fra 2027 til 2040.");
    assert.equal(await page.getAttribute("#year-number", "aria-invalid"), "true");
    assert.match(await text(page, "#state"), /2040$/);
    await page.fill("#year-number", "2030");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.getElementById("state").textContent.endsWith("2030"));
    assert.equal(await page.textContent("#year-refused"), "");
    await page.evaluate(() => { location.hash = "#place=<b>9999</b>&year=2031"; });
    await page.waitForFunction(() => document.getElementById("refused").textContent !== "");
    assert.equal(await text(page, "#refused"), "Adressen ber om noe siden ikke har: place=<b>9999</b>. Resten er vist.");
    assert.match(await text(page, "#state"), /^Lakseregionen, 1\. januar 2031$/);
    await close(page);
  },

  async "phone, laptop and paper: nothing sticks out, and axe finds nothing serious, tables open and shut"() {
    for (const [language, place] of [["nb", "lakseregionen"], ["nn", "5056"], ["en", "5029"]]) {
      for (const width of [390, 1280]) {
        const page = await open(`page-${language}.html`, width);
        await go(page, `#place=${place}&year=2035&need=coverage-2025`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${width} px`);
        const cut = await page.evaluate(() => [...document.querySelectorAll(".drawing svg")].flatMap((svg) => {
          const frame = svg.getBoundingClientRect();
          return [...svg.querySelectorAll("text")].filter((one) => {
            const box = one.getBoundingClientRect();
            return box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
          }).map((one) => `${svg.getAttribute("aria-label").slice(0, 30)}: ${one.textContent}`);
        }));
        assert.deepEqual(cut, [], `${language} ${width}: text outside its figure`);
        await shot(page, `${language}-${width}`);
        await accessible(page, `${language} ${width}`);
        await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${width} px, tables open`);
        await accessible(page, `${language} ${width} tables open`);
        await close(page);
      }
      const page = await open(`page-${language}.html`, 1280, { reducedMotion: "reduce" });
      assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior), "auto");
      await go(page, `#place=${place}&year=2035&need=coverage-2025`);
      await page.pdf({ path: path.join(folder, `${language}.pdf`), preferCSSPageSize: true, printBackground: true });
      await page.emulateMedia({ media: "print" });
      assert.ok(await page.isHidden("#choice"));
      assert.match(await text(page, "#state"), /2035$/);
      await accessible(page, `${language} print`);
      await close(page);
    }
  },

  async "tables have headers with scope, figures have text, inputs have labels"() {
    const page = await open("page-en.html", 1280);
    const faults = await page.evaluate(() => [
      ...[...document.querySelectorAll("figure")].filter((one) => !one.hidden && !(one.querySelector("svg").getAttribute("aria-label").length > 60)).map((one) => one.id),
      ...[...document.querySelectorAll("table")].filter((one) => !one.caption || one.querySelectorAll("thead th:not([scope=col])").length || one.querySelectorAll("tbody th:not([scope=row])").length || !one.querySelector("tbody th")).map((one) => one.outerHTML.slice(0, 80)),
      ...[...document.querySelectorAll("select, input")].filter((one) => !one.labels.length && !one.getAttribute("aria-label")).map((one) => one.id),
      ...[...document.querySelectorAll("figure:not([hidden]) .source")].filter((one) => !/^Source: /.test(one.textContent)).map((one) => one.textContent),
    ]);
    assert.deepEqual(faults, []);
    await close(page);
  },

  async "hostile names come out as text"() {
    const page = await open("page-hostile.html", 1280);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    assert.equal(await page.locator("main img, main script, main b").count(), 0);
    const isolated = `\u2068${told.hostile}\u2069`;
    assert.ok((await page.textContent("#state")).startsWith(`${isolated}, 1. januar`));
    assert.equal(await page.textContent("#place option:first-child"), isolated);
    assert.ok((await page.textContent("#say-residents")).includes(told.hostile));
    assert.ok((await page.textContent("#figure-municipalities tbody")).includes(told.hostile));
    assert.equal(await page.evaluate(() => document.title.includes("{region}")), true);
    await accessible(page, "hostile");
    await shot(page, "hostile");
    await close(page);
  },

  async "without script the main numbers can be read"() {
    const page = await open("page-nb.html", 1280, { javaScriptEnabled: false });
    const read = await page.innerText("noscript, body");
    for (const key of told.pages.nb.states[0].keys) assert.ok(read.includes(key), key);
    assert.ok(read.includes("krever JavaScript"));
    assert.ok(read.includes("Rennebu"));
    await shot(page, "noscript");
    await page.context().close();
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n${error.stack}`);
  }
}
await browser.close();
console.log(failed ? `${failed} failed` : `all ${Object.keys(tests).length} passed`);
process.exit(failed ? 1 : 0);
