/* Rows of SQLite as lines of PostgreSQL's COPY, their cells in the raw format (docs/decisions.md), and hashed as PostgreSQL
   hashes them.

   The lines are those of the Python in copy_lines.py, if a compiler was there to build this: the same bytes, many times
   as fast. SQLite loads it as an extension with four functions, whose `affinities` have a letter for each value: t where
   its column has text affinity.

   copy_hashes(affinities, row, value, ..., bits)
                                            an aggregate: the same numbers as of copy_lines, then how many bytes the cells
                                            have, then a record for each range of rows with the same number but for its last
                                            `bits`: that number, how many rows, and the exclusive or of their hashes, as
                                            PostgreSQL's COPY writes three of its bigint in its binary format
   copy_lines(affinities, row, value, ...)  an aggregate: for each value how many integers, reals, texts, BLOBs and NULLs
                                            there were and the sum of the rows' hashes, as 64-bit integers of this machine;
                                            then a line for each row
   copy_hash(affinities, row, value, ...)   the hash of one row, as such an integer
   copy_line(affinities, value, ...)        for each value the letter of its storage class, i, r, t, b or n; then the line,
                                            without its number */

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef _WIN32
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED
#endif

/* SQLite hands an extension a table of its functions, which only ever grows at its end. These are the ones used, by their
   places in it (struct sqlite3_api_routines in sqlite3ext.h), so that SQLite's headers need not be installed. */
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_context sqlite3_context;
typedef struct sqlite3_value sqlite3_value;
typedef void Function(sqlite3_context *, int, sqlite3_value **);
static void *const *api;
#define aggregate_context ((void *(*)(sqlite3_context *, int))api[0])
#define release ((void (*)(void *))api[58])
#define value_blob ((const unsigned char *(*)(sqlite3_value *))api[102])
#define value_bytes ((int (*)(sqlite3_value *))api[103])
#define value_double ((double (*)(sqlite3_value *))api[105])
#define value_int64 ((int64_t(*)(sqlite3_value *))api[107])
#define value_text ((const unsigned char *(*)(sqlite3_value *))api[109])
#define value_type ((int (*)(sqlite3_value *))api[113])
#define result_error_nomem ((void (*)(sqlite3_context *))api[137])
#define result_error_toobig ((void (*)(sqlite3_context *))api[138])
#define create_function ((int (*)(sqlite3 *, const char *, int, int, void *, Function *, Function *, \
                                  void (*)(sqlite3_context *), void (*)(void *)))api[162])
#define reallocate ((void *(*)(void *, uint64_t))api[199])
#define result_int64 ((void (*)(sqlite3_context *, int64_t))api[83])
#define result_blob ((void (*)(sqlite3_context *, const void *, uint64_t, void (*)(void *)))api[201])
enum { ANY_NUMBER = -1, UTF8_DIRECT_ONLY = 0x80001 };
enum { INTEGER = 1, FLOAT, TEXT, BLOB, NONE }; /* SQLite's numbers for its storage classes, and the order of counts */

static const char NO_CELL[] = "\\null"; /* what is hashed for a NULL: no cell in the raw format reads so */
static const int64_t LARGEST_CHUNK = 16 << 20; /* bytes; chunks.py then asks for fewer rows */

typedef struct {
    unsigned char *bytes;
    int64_t used, room;
} Buffer;

typedef struct {
    Buffer lines, cell; /* the cell is where the value at hand is put that is not as SQLite holds it */
    int64_t *counts, counts_size;
    uint64_t hash, hashes; /* of the row at hand so far, and the sum of those before it */
    int64_t size;          /* of all cells so far, in bytes */
    int64_t range, rows;   /* at hand, and how many of its rows there were */
    uint64_t mixed;        /* the exclusive or of their hashes */
} Chunk;

/* Room for so many bytes more, or NULL if there is no memory. */
static unsigned char *extend(Buffer *buffer, int64_t size) {
    if (buffer->used + size > buffer->room) {
        int64_t room = 2 * (buffer->used + size) + 256;
        unsigned char *bytes = reallocate(buffer->bytes, room);
        if (!bytes) return NULL;
        buffer->bytes = bytes;
        buffer->room = room;
    }
    buffer->used += size;
    return buffer->bytes + buffer->used - size;
}

static int append(Buffer *buffer, const void *bytes, int64_t size) {
    unsigned char *to = extend(buffer, size);
    if (to) memcpy(to, bytes, size);
    return to != NULL;
}

static int append_integer(Buffer *buffer, int64_t number) {
    char digits[20], *end = digits + sizeof digits, *at = end;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0) *--at = '-';
    return append(buffer, at, end - at);
}

static int append_hex(Buffer *buffer, const unsigned char *value, int64_t size) {
    unsigned char *to = extend(buffer, 2 * size);
    if (!to) return 0;
    for (int64_t i = 0; i < size; i++) {
        to[2 * i] = "0123456789abcdef"[value[i] >> 4];
        to[2 * i + 1] = "0123456789abcdef"[value[i] & 15];
    }
    return 1;
}

/* Eight bytes are looked at as one number: a borrow sets the high bit of those that are looked for, and now and then of
   the next, which only costs time. */
#define EACH(byte) (0x0101010101010101u * (byte))

static uint64_t word(const unsigned char *at) {
    uint64_t found;
    memcpy(&found, at, sizeof found);
    return found;
}

static int are_plain(const unsigned char *at) { /* nothing below 14, no backslash */
    uint64_t bytes = word(at), slashes = bytes ^ EACH('\\');
    return !((((bytes - EACH(14)) & ~bytes) | ((slashes - EACH(1)) & ~slashes)) & EACH(0x80));
}

static int are_ascii(const unsigned char *at) { /* without NUL */
    return !(((word(at) - EACH(1)) | word(at)) & EACH(0x80));
}

/* A cell with the escapes of COPY, which are the very ones that COPY itself writes. */
static int append_escaped(Buffer *buffer, const unsigned char *cell, int64_t size) {
    unsigned char *start = extend(buffer, 2 * size), *to = start;
    if (!start) return 0;
    for (int64_t i = 0; i < size; i++) {
        for (; size - i >= 8 && are_plain(cell + i); i += 8, to += 8) memcpy(to, cell + i, 8);
        if (i == size) break;
        unsigned char byte = cell[i];
        if ((byte >= '\b' && byte <= '\r') || byte == '\\') {
            *to++ = '\\';
            byte = byte == '\\' ? byte : "btnvfr"[byte - '\b'];
        }
        *to++ = byte;
    }
    buffer->used -= 2 * size - (to - start);
    return 1;
}

/* Whether PostgreSQL can hold a text: UTF-8 as RFC 3629 has it, and no NUL. */
static int is_text(const unsigned char *at, const unsigned char *end) {
    while (at < end) {
        while (end - at >= 8 && are_ascii(at)) at += 8;
        if (at == end) break;
        unsigned char first = *at++;
        if (first < 0x80) {
            if (!first) return 0;
            continue;
        }
        int more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
        if (first < 0xC2 || first > 0xF4 || end - at < more) return 0;
        if ((first == 0xE0 && *at < 0xA0) || (first == 0xED && *at > 0x9F)) return 0; /* overlong, half a pair */
        if ((first == 0xF0 && *at < 0x90) || (first == 0xF4 && *at > 0x8F)) return 0; /* overlong, beyond Unicode */
        for (; more; more--, at++)
            if ((*at & 0xC0) != 0x80) return 0;
    }
    return 1;
}

static const unsigned char *skip_digits(const unsigned char *at, const unsigned char *end) {
    while (at < end && *at >= '0' && *at <= '9') at++;
    return at;
}

/* raw_format.py's INTEGER and REAL. */
static int reads_as_number(const unsigned char *at, const unsigned char *end) {
    const unsigned char *digits;
    if (at < end && *at == '-') at++;
    if (end - at == 3 && !memcmp(at, "inf", 3)) return 1;
    digits = at;
    if ((at = skip_digits(at, end)) == digits) return 0;
    if (at < end && *at == '.') {
        digits = ++at;
        if ((at = skip_digits(at, end)) == digits) return 0;
    }
    if (at < end && *at == 'e') {
        digits = ++at;
        if (at < end && (*at == '-' || *at == '+')) digits = ++at;
        if ((at = skip_digits(at, end)) == digits) return 0;
    }
    return at == end;
}

/* PostgreSQL's hashtextextended(text, seed): Bob Jenkins' lookup3, its state begun with the seed. */
static uint64_t hash_text(const unsigned char *at, int64_t size, uint64_t seed) {
#define TURN(x, bits) ((x) << (bits) | (x) >> (32 - (bits)))
#define MIX(x, y, z, bits) (x -= z, x ^= TURN(z, bits), z += y)
#define MIX_ALL (MIX(a, b, c, 4), MIX(b, c, a, 6), MIX(c, a, b, 8), MIX(a, b, c, 16), MIX(b, c, a, 19), MIX(c, a, b, 4))
#define END(x, y, bits) (x ^= y, x -= TURN(y, bits))
    uint32_t a = 0x9e3779b9 + 3923095 + (uint32_t)size, b = a, c = a, words[3];
    if (seed) {
        a += (uint32_t)(seed >> 32);
        b += (uint32_t)seed;
        MIX_ALL;
    }
    for (; size >= 12; size -= 12, at += 12) {
        memcpy(words, at, 12);
        a += words[0], b += words[1], c += words[2];
        MIX_ALL;
    }
    /* The rest; the lowest byte of c is kept for the size. */
    uint64_t first = size < 8 ? 0 : word(at);
    for (int64_t i = size; i > 8; i--) c += (uint32_t)at[i - 1] << 8 * (i - 8);
    for (int64_t i = size < 8 ? size : 0; i > 0; i--) first = first << 8 | at[i - 1];
    a += (uint32_t)first, b += (uint32_t)(first >> 32);
    END(c, b, 14), END(a, c, 11), END(b, a, 25), END(c, b, 16), END(a, c, 4), END(b, a, 14), END(c, b, 24);
    return (uint64_t)b << 32 | c;
}

/* The reals that SQLite does not write so that they read back bit for bit; NULL for the others. */
static const char *odd_real(double number) {
    if (number == 0) return signbit(number) ? "-0.0" : NULL;
    return !isinf(number) ? NULL : number < 0 ? "-inf" : "inf";
}

/* A value's raw cell, NO_CELL for NULL: where it is, and its size in bytes. A null pointer if memory is out. */
static const unsigned char *raw_cell(Buffer *cell, sqlite3_value *value, int type, int has_text_affinity, int64_t *size) {
    int is_put;
    const char *odd = type == NONE ? NO_CELL : type == FLOAT ? odd_real(value_double(value)) : NULL;
    cell->used = 0;
    if (odd) {
        *size = strlen(odd);
        return (const unsigned char *)odd;
    } else if (type == INTEGER) {
        is_put = append_integer(cell, value_int64(value));
    } else if (type == BLOB) {
        const unsigned char *blob = value_blob(value);
        is_put = append(cell, "\\x", 2) && append_hex(cell, blob, value_bytes(value));
    } else {
        const unsigned char *text = value_text(value);
        *size = value_bytes(value);
        if (!text || type == FLOAT) return text;
        if (!is_text(text, text + *size))
            is_put = append(cell, "\\u", 2) && append_hex(cell, text, *size);
        else if (*size && (*text == '\\' || (!has_text_affinity && reads_as_number(text, text + *size))))
            is_put = append(cell, "\\t", 2) && append(cell, text, *size);
        else
            return text;
    }
    *size = cell->used;
    return is_put ? cell->bytes : NULL;
}

/* The raw cell of a row's value with this number. Its class is counted, and the row hashed, each cell with the hash of
   those before it; or where there are no counts, the class is noted at the lines' beginning. */
static const unsigned char *take_value(Chunk *chunk, int i, sqlite3_value *value, int type, int has_text_affinity,
                                       int64_t *size) {
    const unsigned char *cell = raw_cell(&chunk->cell, value, type, has_text_affinity, size);
    if (cell && chunk->counts) {
        chunk->counts[5 * i + type - 1]++;
        chunk->hash = hash_text(cell, *size, chunk->hash);
    } else if (cell) {
        chunk->lines.bytes[i] = " irtbn"[type];
    }
    return cell;
}

/* Each value with a tab before it. */
static int append_values(Chunk *chunk, int number, sqlite3_value **values, const unsigned char *affinities) {
    for (int i = 0; i < number; i++) {
        int type = value_type(values[i]);
        int64_t size;
        const unsigned char *cell = take_value(chunk, i, values[i], type, affinities[i] == 't', &size);
        if (!cell || !append(&chunk->lines, "\t", 1)) return 0;
        if (!(type == NONE ? append(&chunk->lines, "\\N", 2) : append_escaped(&chunk->lines, cell, size))) return 0;
    }
    return append(&chunk->lines, "\n", 1);
}

/* The aggregate's chunk of rows of so many values, with room for its counts and `more` bytes before the lines; NULL if
   there is no memory. */
static Chunk *chunk_of(sqlite3_context *context, int number, int64_t more) {
    Chunk *chunk = aggregate_context(context, sizeof *chunk);
    int64_t size = 5 * number * (int64_t)sizeof *chunk->counts;
    if (!chunk || chunk->counts) return chunk;
    if (!(chunk->counts = reallocate(NULL, size))) return NULL;
    memset(chunk->counts, 0, size);
    chunk->counts_size = size;
    return extend(&chunk->lines, size + more) ? chunk : NULL;
}

static void copy_lines_step(sqlite3_context *context, int number, sqlite3_value **values) {
    Chunk *chunk = chunk_of(context, number - 2, sizeof chunk->hashes);
    const unsigned char *affinities = value_text(values[0]);
    if (!chunk || !affinities) return result_error_nomem(context);
    int64_t row = value_int64(values[1]);
    chunk->hash = row;
    if (!append_integer(&chunk->lines, row) || !append_values(chunk, number - 2, values + 2, affinities))
        return result_error_nomem(context);
    chunk->hashes += chunk->hash;
    if (chunk->lines.used > LARGEST_CHUNK) result_error_toobig(context);
}

static void copy_lines_final(sqlite3_context *context) {
    Chunk *chunk = aggregate_context(context, 0);
    if (!chunk || !chunk->counts) return; /* no rows */
    if (chunk->lines.used > chunk->counts_size) {
        memcpy(chunk->lines.bytes, chunk->counts, chunk->counts_size);
        memcpy(chunk->lines.bytes + chunk->counts_size, &chunk->hashes, sizeof chunk->hashes);
    }
    release(chunk->counts);
    release(chunk->cell.bytes);
    result_blob(context, chunk->lines.bytes, chunk->lines.used, release);
}

/* A field of COPY's binary format: its size, and a number with its first byte first. */
static int append_field(Buffer *buffer, uint64_t number) {
    unsigned char field[12] = {0, 0, 0, 8};
    for (int i = 0; i < 8; i++) field[4 + i] = (unsigned char)(number >> (56 - 8 * i));
    return append(buffer, field, sizeof field);
}

/* The record of the range at hand, if there is one: the number of its fields, then they. */
static int append_range(Chunk *chunk) {
    return !chunk->rows || (append(&chunk->lines, "\0\3", 2) && append_field(&chunk->lines, chunk->range) &&
                            append_field(&chunk->lines, chunk->rows) && append_field(&chunk->lines, chunk->mixed));
}

static void copy_hashes_step(sqlite3_context *context, int number, sqlite3_value **values) {
    Chunk *chunk = chunk_of(context, number - 3, sizeof chunk->hashes + sizeof chunk->size);
    const unsigned char *affinities = value_text(values[0]);
    if (!chunk || !affinities) return result_error_nomem(context);
    int64_t row = value_int64(values[1]), range = row >> value_int64(values[number - 1]), size;
    if (range != chunk->range || !chunk->rows) {
        if (!append_range(chunk)) return result_error_nomem(context);
        chunk->range = range, chunk->rows = 0, chunk->mixed = 0;
    }
    chunk->hash = row;
    for (int i = 0; i < number - 3; i++) {
        int type = value_type(values[i + 2]);
        if (!take_value(chunk, i, values[i + 2], type, affinities[i] == 't', &size)) return result_error_nomem(context);
        chunk->size += size;
    }
    chunk->hashes += chunk->hash, chunk->mixed ^= chunk->hash, chunk->rows++;
}

static void copy_hashes_final(sqlite3_context *context) {
    Chunk *chunk = aggregate_context(context, 0);
    if (!chunk || !chunk->counts) return; /* no rows */
    int done = append_range(chunk);
    if (done) {
        memcpy(chunk->lines.bytes, chunk->counts, chunk->counts_size);
        memcpy(chunk->lines.bytes + chunk->counts_size, &chunk->hashes, sizeof chunk->hashes);
        memcpy(chunk->lines.bytes + chunk->counts_size + sizeof chunk->hashes, &chunk->size, sizeof chunk->size);
    }
    release(chunk->counts);
    release(chunk->cell.bytes);
    if (done) return result_blob(context, chunk->lines.bytes, chunk->lines.used, release);
    release(chunk->lines.bytes);
    result_error_nomem(context);
}

static void copy_hash(sqlite3_context *context, int number, sqlite3_value **values) {
    Buffer buffer = {0};
    const unsigned char *affinities = value_text(values[0]), *cell = affinities;
    uint64_t hash = value_int64(values[1]);
    for (int i = 2; cell && i < number; i++) {
        int64_t size;
        cell = raw_cell(&buffer, values[i], value_type(values[i]), affinities[i - 2] == 't', &size);
        if (cell) hash = hash_text(cell, size, hash);
    }
    release(buffer.bytes);
    if (!cell) return result_error_nomem(context);
    result_int64(context, hash);
}

static void copy_line(sqlite3_context *context, int number, sqlite3_value **values) {
    Chunk chunk = {0};
    const unsigned char *affinities = value_text(values[0]);
    int done = affinities && extend(&chunk.lines, number - 1) &&
               append_values(&chunk, number - 1, values + 1, affinities);
    release(chunk.cell.bytes);
    if (done) return result_blob(context, chunk.lines.bytes, chunk.lines.used, release);
    release(chunk.lines.bytes);
    result_error_nomem(context);
}

EXPORTED int sqlite3_copy_lines_init(sqlite3 *connection, char **message, void *const *routines) {
    (void)message;
    api = routines;
    int failed = create_function(connection, "copy_lines", ANY_NUMBER, UTF8_DIRECT_ONLY, NULL, NULL, copy_lines_step,
                                 copy_lines_final, NULL);
    if (!failed)
        failed = create_function(connection, "copy_hashes", ANY_NUMBER, UTF8_DIRECT_ONLY, NULL, NULL, copy_hashes_step,
                                 copy_hashes_final, NULL);
    if (!failed)
        failed = create_function(connection, "copy_hash", ANY_NUMBER, UTF8_DIRECT_ONLY, NULL, copy_hash, NULL, NULL, NULL);
    if (!failed)
        failed = create_function(connection, "copy_line", ANY_NUMBER, UTF8_DIRECT_ONLY, NULL, copy_line, NULL, NULL, NULL);
    return failed;
}
