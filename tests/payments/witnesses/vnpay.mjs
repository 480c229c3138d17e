// What the npm package `vnpay` says of VNPay's signatures: an independent witness.
//
// python -m tests.payments.witnesses.vnpay_given | node tests/payments/witnesses/vnpay.mjs \
//   > tests/payments/data/vnpay_vectors.json
//
// The input names the secret, the terminal, addresses, IPNs, orders, questions and answers. Times are
// given as numbers, so that nothing here depends on the clock or the time zone of the machine.
import { createServer } from 'node:http';
import { VNPay } from 'vnpay';

const read = async () => {
    const parts = [];
    for await (const part of process.stdin) parts.push(part);
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
};

const query = (text) => Object.fromEntries(new URLSearchParams(text));

const verdicts = (client, texts) =>
    texts.map((text) => {
        try {
            const said = client.verifyIpnCall(query(text));
            return { query: text, verified: said.isVerified, success: said.isSuccess, amount: said.vnp_Amount };
        } catch (failure) {
            return { query: text, verified: false, success: false, amount: null };
        }
    });

// The package calls a server: this one keeps what it was sent and answers what it is told to.
const exchange = async (given, call, answer) => {
    let sent = null;
    const server = createServer(async (request, response) => {
        const parts = [];
        for await (const part of request) parts.push(part);
        sent = JSON.parse(Buffer.concat(parts).toString('utf8'));
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify(answer));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = new VNPay({
        tmnCode: given.tmn_code,
        secureSecret: given.secret,
        vnpayHost: `http://127.0.0.1:${server.address().port}`,
        queryDrAndRefundHost: `http://127.0.0.1:${server.address().port}`,
    });
    const said = await call(client);
    await new Promise((resolve) => server.close(resolve));
    return { sent, verified: said.isVerified, success: said.isSuccess };
};

const main = async () => {
    const given = await read();
    const client = new VNPay({
        tmnCode: given.tmn_code,
        secureSecret: given.secret,
        vnpayHost: 'https://sandbox.vnpayment.vn',
    });
    const out = {
        made_with: 'npm vnpay, tests/payments/witnesses/vnpay.mjs',
        secret: given.secret,
        tmn_code: given.tmn_code,
        urls: given.orders.map((order) => ({ order, url: client.buildPaymentUrl(order) })),
        ours: verdicts(client, given.urls.map((url) => new URL(url).search.slice(1))),
        ipns: verdicts(client, given.ipns),
        querydr: await exchange(given, (one) => one.queryDr(given.querydr), given.querydr_answer),
        querydr_forged: await exchange(given, (one) => one.queryDr(given.querydr), {
            ...given.querydr_answer,
            vnp_TransactionStatus: '02',
        }),
        refund: await exchange(given, (one) => one.refund(given.refund), given.refund_answer),
    };
    process.stdout.write(`${JSON.stringify(out, null, 2)}\n`);
};

await main();
