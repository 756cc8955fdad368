// Loaded before the seed's Node program (node --require): writes down every answer that axios gets, as it came,
// one JSON line each in the file that SEED_RECORD names. The program itself stays the seed's.
const { appendFileSync } = require('fs');
const axios = require('axios');

function record(body, headers, status) {
  appendFileSync(process.env.SEED_RECORD, JSON.stringify({ status, text: body }) + '\n');
  return body;
}

axios.defaults.transformResponse = [record, ...axios.defaults.transformResponse];
