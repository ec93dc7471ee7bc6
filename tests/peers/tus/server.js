// A tus server for the tests: node server.js PORT FOLDER [--key KEY] [--compare]
// With --compare it does what the protocol's checksum extension asks, which the library leaves out; and on its way the second
// piece of all gets mangled.
const crypto = require('node:crypto');
const http = require('node:http');
const { Readable } = require('node:stream');
const { FileStore } = require('@tus/file-store');
const { Server } = require('@tus/server');

const [port, folder, ...flags] = process.argv.slice(2);
const compares = flags.includes('--compare');
const key = flags.includes('--key') ? flags[flags.indexOf('--key') + 1] : undefined;
const server = new Server({ path: '/files', datastore: new FileStore({ directory: folder }) });
let pieces = 0;

async function whole(request) {
    const parts = [];
    for await (const part of request) parts.push(part);
    return Buffer.concat(parts);
}

http.createServer(async (request, answer) => {
    if (key && request.headers.authorization !== `Bearer ${key}`) {
        answer.writeHead(401, { 'Tus-Resumable': '1.0.0' }).end();
        return;
    }
    if (compares && request.method === 'OPTIONS') {
        answer.writeHead(204, {
            'Tus-Resumable': '1.0.0',
            'Tus-Version': '1.0.0',
            'Tus-Extension': 'creation,checksum',
            'Tus-Checksum-Algorithm': 'sha1',
        }).end();
        return;
    }
    if (compares && request.method === 'PATCH') {
        const body = await whole(request);
        pieces += 1;
        if (pieces === 2) body[0] ^= 1;
        const sum = crypto.createHash('sha1').update(body).digest('base64');
        if (request.headers['upload-checksum'] !== `sha1 ${sum}`) {
            answer.writeHead(460, { 'Tus-Resumable': '1.0.0' }).end();
            return;
        }
        const { method, url, headers, socket } = request;
        return server.handle(Object.assign(Readable.from([body]), { method, url, headers, socket }), answer);
    }
    return server.handle(request, answer);
}).listen(Number(port), '127.0.0.1', function () {
    console.log(`listening on ${this.address().port}`);
});
