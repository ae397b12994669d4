/* Rows of SQLite as lines of PostgreSQL's COPY, their cells in the raw format (docs/decisions.md).

   This is the Python of chunks.py once more, for where a compiler was there to build it: the same bytes, many times as
   fast. SQLite loads it as an extension with two functions, whose `affinities` have a letter for each value: t where its
   column has text affinity.

   copy_lines(affinities, row, value, ...)  an aggregate: for each value how many integers, reals, texts, BLOBs and NULLs
                                            there were, as 64-bit integers of this machine; then a line for each row
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
#define result_blob ((void (*)(sqlite3_context *, const void *, uint64_t, void (*)(void *)))api[201])
enum { ANY_NUMBER = -1, UTF8_DIRECT_ONLY = 0x80001 };
enum { INTEGER = 1, FLOAT, TEXT, BLOB, NONE }; /* SQLite's numbers for its storage classes, and the order of counts */

static const int64_t LARGEST_CHUNK = 16 << 20; /* bytes; chunks.py then asks for fewer rows */

typedef struct {
    unsigned char *bytes;
    int64_t used, room;
    int64_t *counts, counts_size;
} Buffer;

/* Room for so many bytes more, or NULL where there is no memory. */
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

/* The tag, its backslash escaped, and the bytes in hex. */
static int append_hex(Buffer *buffer, const char *tag, const unsigned char *value, int64_t size) {
    unsigned char *to = extend(buffer, 3 + 2 * size);
    if (!to) return 0;
    memcpy(to, tag, 3);
    for (int64_t i = 0; i < size; i++) {
        to[3 + 2 * i] = "0123456789abcdef"[value[i] >> 4];
        to[4 + 2 * i] = "0123456789abcdef"[value[i] & 15];
    }
    return 1;
}

/* A text with the escapes of COPY, which are the very ones that COPY itself writes. */
static int append_text(Buffer *buffer, const unsigned char *text, int64_t size) {
    unsigned char *start = extend(buffer, 2 * size), *to = start;
    if (!start) return 0;
    for (int64_t i = 0; i < size; i++) {
        unsigned char byte = text[i];
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

static int append_value(Buffer *buffer, sqlite3_value *value, int type, int has_text_affinity) {
    if (type == NONE) return append(buffer, "\\N", 2);
    if (type == INTEGER) return append_integer(buffer, value_int64(value));
    if (type == BLOB) {
        const unsigned char *blob = value_blob(value);
        return append_hex(buffer, "\\\\x", blob, value_bytes(value));
    }
    if (type == FLOAT) {
        double number = value_double(value);
        if (isinf(number)) return number < 0 ? append(buffer, "-inf", 4) : append(buffer, "inf", 3);
        if (number == 0 && signbit(number)) return append(buffer, "-0.0", 4);
    }
    /* SQLite itself writes reals, in a decimal that reads back bit for bit. */
    const unsigned char *text = value_text(value);
    int64_t size = value_bytes(value);
    if (!text) return 0;
    if (type != TEXT) return append(buffer, text, size);
    if (!is_text(text, text + size)) return append_hex(buffer, "\\\\u", text, size);
    if (size && (*text == '\\' || (!has_text_affinity && reads_as_number(text, text + size))))
        if (!append(buffer, "\\\\t", 3)) return 0;
    return append_text(buffer, text, size);
}

/* Each value with a tab before it, its class counted or, where there are no counts, noted at the buffer's beginning. */
static int append_values(Buffer *buffer, int number, sqlite3_value **values, const unsigned char *affinities) {
    for (int i = 0; i < number; i++) {
        int type = value_type(values[i]);
        if (buffer->counts)
            buffer->counts[5 * i + type - 1]++;
        else
            buffer->bytes[i] = " irtbn"[type];
        if (!append(buffer, "\t", 1) || !append_value(buffer, values[i], type, affinities[i] == 't')) return 0;
    }
    return append(buffer, "\n", 1);
}

static void copy_lines_step(sqlite3_context *context, int number, sqlite3_value **values) {
    Buffer *buffer = aggregate_context(context, sizeof *buffer);
    if (!buffer) return result_error_nomem(context);
    int64_t size = 5 * (number - 2) * (int64_t)sizeof *buffer->counts;
    if (!buffer->counts) {
        if (!(buffer->counts = reallocate(NULL, size)) || !extend(buffer, size)) return result_error_nomem(context);
        memset(buffer->counts, 0, size);
        buffer->counts_size = size;
    }
    const unsigned char *affinities = value_text(values[0]);
    if (!affinities || !append_integer(buffer, value_int64(values[1])) ||
        !append_values(buffer, number - 2, values + 2, affinities))
        return result_error_nomem(context);
    if (buffer->used > LARGEST_CHUNK) result_error_toobig(context);
}

static void copy_lines_final(sqlite3_context *context) {
    Buffer *buffer = aggregate_context(context, 0);
    if (!buffer || !buffer->counts) return; /* no rows */
    if (buffer->bytes) memcpy(buffer->bytes, buffer->counts, buffer->counts_size);
    release(buffer->counts);
    result_blob(context, buffer->bytes, buffer->used, release);
}

static void copy_line(sqlite3_context *context, int number, sqlite3_value **values) {
    Buffer buffer = {0};
    const unsigned char *affinities = value_text(values[0]);
    if (affinities && extend(&buffer, number - 1) && append_values(&buffer, number - 1, values + 1, affinities))
        return result_blob(context, buffer.bytes, buffer.used, release);
    release(buffer.bytes);
    result_error_nomem(context);
}

EXPORTED int sqlite3_copy_lines_init(sqlite3 *connection, char **message, void *const *routines) {
    (void)message;
    api = routines;
    int failed = create_function(connection, "copy_lines", ANY_NUMBER, UTF8_DIRECT_ONLY, NULL, NULL, copy_lines_step,
                                 copy_lines_final, NULL);
    return failed ? failed
                  : create_function(connection, "copy_line", ANY_NUMBER, UTF8_DIRECT_ONLY, NULL, copy_line, NULL, NULL, NULL);
}
