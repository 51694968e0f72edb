/** The user of the harness in Redis, its Sentinels and NATS: it sees who leads and whether a server answers, and no data. */
export const observer = 'observer'
