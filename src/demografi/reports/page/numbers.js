// Numbers and words as labels.py prints them: halves away from zero, on the number as it is written.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const ENGLISH = data.language === "en";
const HARD_SPACE = "\u00a0", MINUS = "\u2212", MISSING = "..";

function written(value, decimals, shift) {
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const keep = Number(exponent) + 1 + shift + decimals;
  let kept = 0n;
  if (keep >= digits.length) kept = BigInt(digits + "0".repeat(keep - digits.length));
  else if (keep >= 0) kept = BigInt(digits.slice(0, keep) || "0") + (digits[keep] >= "5" ? 1n : 0n);
  return kept;
}

function printed(value, decimals, signed, shift) {
  const kept = written(value, decimals, shift);
  const all = kept.toString().padStart(decimals + 1, "0");
  const whole = all.slice(0, all.length - decimals).replace(/\B(?=(\d{3})+$)/g, ENGLISH ? "," : HARD_SPACE);
  const rest = decimals ? (ENGLISH ? "." : ",") + all.slice(-decimals) : "";
  if (kept > 0n && value < 0) return MINUS + whole + rest;
  return (signed && kept > 0n ? "+" : "") + whole + rest;
}

function isThere(value) {
  return typeof value === "number" && Number.isFinite(value);
}

function number(value, decimals = 0, signed = false) {
  return isThere(value) ? printed(value, decimals, signed, 0) : MISSING;
}

function percent(share, decimals = 0, signed = false) {
  if (!isThere(share)) return MISSING;
  return printed(share, decimals, signed, 2) + (ENGLISH ? "%" : HARD_SPACE + "%");
}

function personYears(value, signed = false) {
  return number(value, Math.abs(value) < data.small_person_years ? 1 : 0, signed);
}

// As labels.ends: no finer than a power of ten at most a fifth of the width.
function ends(low, high) {
  const width = Math.abs(high - low);
  const step = 10 ** (width > 0 ? Math.max(0, Math.floor(Math.log10(width / 5))) : 0);
  return [low, high].map((end) => number(Math.sign(end) * Math.floor(Math.abs(end) / step + 0.5) * step));
}

function growth(now, before) {
  return percent(before > 0 ? now / before - 1 : NaN, 0, true);
}

function say(key, values = {}) {
  if (!(key in data.words)) throw new Error(`no words for ${key}`);
  return data.words[key].replace(/\{(\w+)\}/g, (_, blank) => {
    if (values[blank] === undefined) throw new Error(`${key} has the blank ${blank}`);
    return values[blank];
  });
}

function timesWord(ratio) {
  if (!isThere(ratio)) return null;
  const hundredths = Number(written(ratio, 2, 0));
  const found = data.times.find(([low, high]) => low <= hundredths && hundredths <= high);
  return found ? say(found[2]) : null;
}

function listed(names) {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} ${say("and")} ${names.at(-1)}`;
}

function moreOrFewer(now, before) {
  return say(now >= before ? "more_by" : "fewer_by", { count: number(Math.abs(now - before)) });
}

function dated(year) {
  return `01.01.${year}`;
}

// What the page shows is told to whoever tests it.
window.demografi = Object.freeze({ data, ends, number, percent, personYears, timesWord, listed });
