// Builds and reads VietQR payloads with the npm package `vietnam-qr-pay`, for comparison with ours.
//
//   node tests/payments/witnesses/vietqr.mjs vectors > tests/payments/data/vietqr.json
//   echo '{"build": [...], "parse": [...]}' | node tests/payments/witnesses/vietqr.mjs answer
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { QRPay } = createRequire(import.meta.url)("vietnam-qr-pay");

const cases = [
  ["970415", "113366668888", 50000, "LE PHI HS 0001"],
  ["970415", "113366668888", null, ""],
  ["970436", "0123456789", 1, "A"],
  ["000000", "DEMOH13020", 16000, "LE PHI CTS0123456789AB7C"],
  ["000000", "DEMOH13020", 9999999999999, "1234567890123456789012345"],
  ["970422", "1234567890123456789", 1000000, "Phi tham dinh - lan 2."],
  ["970407", "19", 99999999, ""],
  ["970418", "ABC123XYZ", null, "UNG HO"],
];

function build([bankBin, bankNumber, amount, purpose]) {
  const given = { bankBin, bankNumber };
  if (amount !== null) given.amount = String(amount);
  if (purpose) given.purpose = purpose;
  return QRPay.initVietQR(given).build();
}

function parse(payload) {
  const read = new QRPay(payload);
  if (!read.isValid) return null;
  return [
    read.consumer.bankBin ?? "",
    read.consumer.bankNumber ?? "",
    read.amount ? Number(read.amount) : null,
    read.additionalData.purpose ?? "",
  ];
}

if (process.argv[2] === "vectors") {
  const vectors = cases.map((given) => ({ transfer: given, payload: build(given) }));
  const broken = vectors.map(({ payload }) => {
    const place = payload.indexOf("5802VN");
    return `${payload.slice(0, place)}5802VM${payload.slice(place + 6)}`;
  });
  const refused = broken.filter((payload) => parse(payload) === null);
  console.log(JSON.stringify({ made_by: "vietnam-qr-pay 1.5.1", vectors, refused }, null, 1));
} else {
  const asked = JSON.parse(readFileSync(0, "utf8"));
  console.log(JSON.stringify({ build: asked.build.map(build), parse: asked.parse.map(parse) }));
}
