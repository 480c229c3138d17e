"""How the payer's pages look, by day and by night, and the small script that helps typing."""

import base64
import hashlib

STYLE = """
:root { color-scheme: light dark; --ink: #17212b; --soft: #4c5a67; --ground: #eef2f5;
  --sheet: #fff; --line: #7d8b98; --act: #0b5cad; --on-act: #fff; --bad-ground: #fdecea;
  --bad: #a3211a; --good-ground: #e6f4ea; --good: #1b6b37; --mock-ground: #fff3cd;
  --mock: #5c3b00; --mock-line: #a66b00; --focus: #b35c00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #b0bcc8; --ground: #10161c;
  --sheet: #1a232c; --line: #7c8a97; --act: #7db7f5; --on-act: #06223f; --bad-ground: #3a1714;
  --bad: #ffb4ab; --good-ground: #12301d; --good: #8fdcaa; --mock-ground: #3a2c05;
  --mock: #ffe08a; --mock-line: #d9a520; --focus: #ffc24d; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  color: var(--ink); background: var(--ground); }
main { max-width: 30rem; margin: 0 auto; padding: 1rem 1rem 2rem; }
.mock { background: var(--mock-ground); border: 2px dashed var(--mock-line); color: var(--mock);
  padding: .75rem 1rem; border-radius: .5rem; margin: 0; }
.mock strong { display: block; letter-spacing: .03em; }
.sheet { background: var(--sheet); border-radius: .75rem; padding: 1.25rem; margin-top: 1rem;
  box-shadow: 0 1px 3px rgb(0 0 0 / .2); }
h1 { font-size: 1.15rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
.sum { font-size: 2rem; font-weight: 700; margin: 0 0 1rem; line-height: 1.2; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem .75rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
.field { margin-bottom: .9rem; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: .9rem; }
label { display: block; font-weight: 600; margin-bottom: .25rem; }
input { width: 100%; font: inherit; padding: .7rem .75rem; border: 1px solid var(--line);
  border-radius: .5rem; background: var(--sheet); color: var(--ink); min-height: 3rem; }
input[inputmode="numeric"] { letter-spacing: .05em; font-variant-numeric: tabular-nums; }
input[aria-invalid="true"] { border: 2px solid var(--bad); }
.why { color: var(--bad); font-size: .95rem; margin: .25rem 0 0; }
.why:empty { display: none; }
button { width: 100%; font: inherit; font-weight: 600; padding: .8rem; min-height: 3rem;
  border: 1px solid transparent; border-radius: .5rem; background: var(--act);
  color: var(--on-act); cursor: pointer; margin-top: .5rem; }
button.plain { background: transparent; color: var(--act); border-color: var(--act); }
button:disabled { opacity: .6; cursor: progress; }
details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--act); font-weight: 600; padding: .5rem 0; }
.tries { list-style: none; margin: .5rem 0 0; padding: 0; }
.tries button { text-align: left; font-weight: 400; margin-top: .35rem; padding: .5rem .75rem; }
.tries b { display: block; font-variant-numeric: tabular-nums; }
.bad { background: var(--bad-ground); border-left: 4px solid var(--bad); padding: .75rem 1rem;
  border-radius: .25rem; margin: 1rem 0 0; }
.good { background: var(--good-ground); border-left: 4px solid var(--good); padding: .75rem 1rem;
  border-radius: .25rem; }
.hint { color: var(--soft); font-size: .9rem; margin: .25rem 0 0; }
.steps { color: var(--soft); margin: 0 0 .5rem; }
a { color: var(--act); display: inline-block; padding: .5rem 0; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
@media (prefers-reduced-motion: no-preference) { button { transition: opacity .15s; } }
"""

# Without it everything works too: the server checks the same and lets a session pay once.
SCRIPT = """
(function () {
  'use strict';
  var form = document.getElementById('form');
  if (!form) { return; }
  var $ = function (name) { return document.getElementById(name); };
  var digits = function (text) { return text.replace(/[^0-9]/g, ''); };
  function luhn(number) {
    var sum = 0, i, n;
    for (i = 0; i < number.length; i++) {
      n = +number[number.length - 1 - i];
      if (i % 2) { n = n * 2 > 9 ? n * 2 - 9 : n * 2; }
      sum += n;
    }
    return sum % 10 === 0;
  }
  var rules = {
    card: function (text) {
      if (/[^0-9 ]/.test(text.trim())) { return form.dataset.cardWrong; }
      var n = digits(text);
      if (n.length < 12 || n.length > 19) { return form.dataset.cardShort; }
      return luhn(n) ? '' : form.dataset.cardWrong;
    },
    expiry: function (text) {
      var found = /^ *(0[1-9]|1[0-2]) *\\/ *([0-9]{2}) *$/.exec(text);
      if (!found) { return form.dataset.expiryShape; }
      var now = new Date(), until = new Date(2000 + +found[2], +found[1], 1);
      return until > now ? '' : form.dataset.expiryOver;
    },
    cvc: function (text) {
      return /^ *[0-9]{3,4} *$/.test(text) ? '' : form.dataset.cvcShape;
    }
  };
  function tell(name, why) {
    $(name).setAttribute('aria-invalid', why ? 'true' : 'false');
    $(name + '-why').textContent = why;
    return why;
  }
  if ($('card')) {
    $('card').addEventListener('input', function () {
      var box = this, before = digits(box.value.slice(0, box.selectionStart)).length, at = 0;
      if (/[^0-9 ]/.test(box.value)) { return; }
      box.value = digits(box.value).slice(0, 19).replace(/(.{4})(?=.)/g, '$1 ');
      while (before > 0 && at < box.value.length) { if (box.value[at++] !== ' ') { before--; } }
      box.setSelectionRange(at, at);
    });
    $('expiry').addEventListener('input', function (event) {
      if (event.inputType && event.inputType.indexOf('delete') === 0) { return; }
      var n = digits(this.value).slice(0, 4);
      this.value = n.length >= 2 ? n.slice(0, 2) + '/' + n.slice(2) : n;
    });
    Object.keys(rules).forEach(function (name) {
      // Told at submit and taken back while typing: words that come when a field is left would
      // push the button away from under the finger.
      $(name).addEventListener('input', function () { tell(name, ''); });
    });
    document.querySelectorAll('[data-card]').forEach(function (button) {
      button.addEventListener('click', function () {
        $('card').value = button.dataset.card;
        $('expiry').value = '12/34';
        $('cvc').value = '123';
        Object.keys(rules).forEach(function (name) { tell(name, ''); });
        $('card').focus();
      });
    });
  }
  var sent = false;
  form.addEventListener('submit', function (event) {
    var pressed = event.submitter, first = null;
    if (sent) { event.preventDefault(); return; }
    if ($('card') && (!pressed || pressed.value === 'pay')) {
      Object.keys(rules).forEach(function (name) {
        if (tell(name, rules[name]($(name).value)) && !first) { first = $(name); }
      });
      if (first) { event.preventDefault(); first.focus(); return; }
    }
    sent = true;
    if (pressed) {
      var kept = document.createElement('input');
      kept.type = 'hidden'; kept.name = pressed.name; kept.value = pressed.value;
      kept.className = 'kept'; form.appendChild(kept);
    }
    form.setAttribute('aria-busy', 'true');
    document.querySelectorAll('button').forEach(function (b) { b.disabled = true; });
    if (pressed) { pressed.textContent = form.dataset.busy; }
  });
  window.addEventListener('pageshow', function (event) {
    if (event.persisted) { window.location.reload(); }
  });
  var bad = $('problem');
  if (bad) { bad.focus(); }
})();
"""
_HASH = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
CSP = (
    f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_HASH}'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self' http: https: canthosmart:"
)
