/* A PKCS#11 module with an SM2 mechanism of its own, for tests: it forwards to a real module (REAL_MODULE) and adds SM2.
 *
 * A pair of the vendor's key type is an ordinary pair on the SM2 curve in the real module, which keeps labels, flags, logins and
 * removal; the scalar that signs is a file in SM2_FOLDER, named for the CKA_ID, and the point that is told is its point.
 *
 * SM2_KEY_TYPE, SM2_GENERATE, SM2_SIGN   numbers (hexadecimal) of key type and mechanisms
 * SM2_INPUT        e | z-message | message: what C_Sign is given     SM2_SIGNATURE   raw | der
 * SM2_IDENTITY     the parameter that the signing mechanism demands  SM2_CURVE       CKA_EC_PARAMS (hex) it takes and tells
 * FAULT_FOLDER     orders (emulator.h); beyond them C_GenerateKeyPair knows "half": the public object is not made, and
 *                  CKR_GENERAL_ERROR is returned; "exportable": the pair's CKA_EXTRACTABLE is told as true.
 */
#include "emulator.h"
#include <pthread.h>

typedef unsigned long CK_RV, CK_ULONG;
typedef CK_RV (*function)();
struct list { unsigned char version[2]; function functions[68]; };
struct attribute { CK_ULONG type; void *value; CK_ULONG length; };
struct mechanism { CK_ULONG mechanism; void *parameter; CK_ULONG length; };
enum { DESTROY = 22, GET_ATTRIBUTE = 24, SIGN_INIT = 42, SIGN = 43, GENERATE_PAIR = 59 };
enum {
  CKR_OK = 0, CKR_GENERAL_ERROR = 5, CKR_ARGUMENTS_BAD = 7, CKR_DATA_LEN_RANGE = 0x21, CKR_KEY_HANDLE_INVALID = 0x60,
  CKR_MECHANISM_INVALID = 0x70, CKR_MECHANISM_PARAM_INVALID = 0x71, CKR_TEMPLATE_INCONSISTENT = 0xD1
};
enum { CKA_CLASS = 0, CKA_KEY_TYPE = 0x100, CKA_ID = 0x102, CKA_EXTRACTABLE = 0x162, CKA_EC_PARAMS = 0x180,
       CKA_EC_POINT = 0x181, CKK_EC = 3, CKO_PRIVATE_KEY = 3, CKM_EC_KEY_PAIR_GEN = 0x1040, SESSIONS = 4096 };

static struct list ours, *real;
static struct { int set; struct sm2_key key; } pending[SESSIONS];
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static CK_ULONG number(const char *name) { return getenv(name) ? strtoul(getenv(name), NULL, 16) : ~0UL; }

static int id_of(CK_ULONG session, CK_ULONG object, uint8_t *id, CK_ULONG *length) {
  struct attribute wanted = {CKA_ID, id, 128};
  if (real->functions[GET_ATTRIBUTE](session, object, &wanted, 1UL) || wanted.length == ~0UL) return 0;
  *length = wanted.length;
  return *length > 0;
}

static int path_of(CK_ULONG session, CK_ULONG object, char *path, size_t size) {
  uint8_t id[128];
  char hex[260];
  CK_ULONG length;
  if (!id_of(session, object, id, &length)) return 0;
  hex_of(id, length, hex);
  snprintf(path, size, "%s/%s", getenv("SM2_FOLDER"), hex);
  return 1;
}

static int key_of(CK_ULONG session, CK_ULONG object, struct sm2_key *key) {
  char path[2048];
  return path_of(session, object, path, sizeof path) && file_read(path, key, sizeof *key) == sizeof *key;
}

static size_t curve(uint8_t *octets, size_t most) { return octets_of(getenv("SM2_CURVE"), octets, most); }

/* The standard's template for the real module; 0 when it is not what this vendor wants. */
static int translated(const struct attribute *from, CK_ULONG count, struct attribute *to) {
  static CK_ULONG ec = CKK_EC;
  uint8_t wanted[512];
  size_t length = curve(wanted, sizeof wanted);
  if (count > 32) return 0;
  for (CK_ULONG i = 0; i < count; i++) {
    to[i] = from[i];
    if (from[i].type == CKA_KEY_TYPE) {
      if (*(CK_ULONG *)from[i].value != number("SM2_KEY_TYPE")) return 0;
      to[i].value = &ec;
    }
    if (from[i].type == CKA_EC_PARAMS) {
      if (from[i].length != length || memcmp(from[i].value, wanted, length)) return 0;
      to[i].value = (void *)SM2_OID;
      to[i].length = sizeof SM2_OID;
    }
  }
  return 1;
}

static CK_RV generate(CK_ULONG s, struct attribute *pub, CK_ULONG n, struct attribute *priv, CK_ULONG k, CK_ULONG *a,
                      CK_ULONG *b, int half) {
  struct mechanism standard = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
  struct attribute ours_public[32], ours_private[32];
  struct sm2_key key;
  char path[2048];
  if (!translated(pub, n, ours_public) || !translated(priv, k, ours_private)) return CKR_TEMPLATE_INCONSISTENT;
  CK_RV rv = real->functions[GENERATE_PAIR](s, &standard, ours_public, n, ours_private, k, a, b);
  if (rv) return rv;
  if (!path_of(s, *b, path, sizeof path) || !sm2_generate(&key) || !file_write(path, &key, sizeof key))
    return CKR_GENERAL_ERROR;
  if (half) {
    real->functions[DESTROY](s, *a);
    return CKR_GENERAL_ERROR;
  }
  return CKR_OK;
}

static CK_RV C_GenerateKeyPair(CK_ULONG s, struct mechanism *m, struct attribute *pub, CK_ULONG n,
                               struct attribute *priv, CK_ULONG k, CK_ULONG *a, CK_ULONG *b) {
  char command[128];
  int half = order("half", command, sizeof command);
  struct fate fate = fate_of(__func__);
  if (fate.refused) return fate.value;
  CK_RV rv = m->mechanism == number("SM2_GENERATE") ? generate(s, pub, n, priv, k, a, b, half)
                                                    : real->functions[GENERATE_PAIR](s, m, pub, n, priv, k, a, b);
  if (fate.crash_after) abort();
  return fate.forced ? fate.after_value : rv;
}

static CK_RV C_GetAttributeValue(CK_ULONG s, CK_ULONG o, struct attribute *t, CK_ULONG n) {
  struct sm2_key key;
  char command[128];
  uint8_t params[512];
  int is_ours = key_of(s, o, &key);
  CK_ULONG room[64];
  for (CK_ULONG i = 0; i < n && i < 64; i++) room[i] = t[i].length;
  CK_RV rv = real->functions[GET_ATTRIBUTE](s, o, t, n);
  if (!is_ours) return rv;
  for (CK_ULONG i = 0; i < n && i < 64; i++) {
    if (t[i].type == CKA_EC_POINT && t[i].length == 67 && t[i].value) {
      memcpy((uint8_t *)t[i].value + 3, key.x, 32);
      memcpy((uint8_t *)t[i].value + 35, key.y, 32);
    }
    if (t[i].type == CKA_KEY_TYPE && t[i].value) *(CK_ULONG *)t[i].value = number("SM2_KEY_TYPE");
    if (t[i].type == CKA_EC_PARAMS && (t[i].length != ~0UL || rv == 0x150)) { /* 0x150: CKR_BUFFER_TOO_SMALL */
      size_t length = curve(params, sizeof params);
      if (t[i].value && room[i] >= length) memcpy(t[i].value, params, length);
      t[i].length = length;
      if (rv == 0x150) rv = CKR_OK;
    }
    if (t[i].type == CKA_EXTRACTABLE && t[i].value && order("exportable", command, sizeof command))
      *(uint8_t *)t[i].value = 1;
  }
  return rv;
}

static CK_RV C_DestroyObject(CK_ULONG s, CK_ULONG o) {
  CK_ULONG class = 0;
  struct attribute wanted = {CKA_CLASS, &class, sizeof class};
  char path[2048];
  int known = path_of(s, o, path, sizeof path) && !real->functions[GET_ATTRIBUTE](s, o, &wanted, 1UL);
  CK_RV rv = real->functions[DESTROY](s, o);
  if (!rv && known && class == CKO_PRIVATE_KEY) unlink(path);
  return rv;
}

static CK_RV C_SignInit(CK_ULONG s, struct mechanism *m, CK_ULONG object) {
  struct sm2_key key;
  struct fate fate = fate_of(__func__);
  const char *identity = getenv("SM2_IDENTITY");
  if (fate.refused) return fate.value;
  if (m->mechanism != number("SM2_SIGN")) return real->functions[SIGN_INIT](s, m, object);
  if (!key_of(s, object, &key)) return CKR_KEY_HANDLE_INVALID;
  size_t length = identity ? strlen(identity) : 0;
  if (m->length != length || (length && memcmp(m->parameter, identity, length))) return CKR_MECHANISM_PARAM_INVALID;
  pthread_mutex_lock(&guard);
  pending[s % SESSIONS].set = 1;
  pending[s % SESSIONS].key = key;
  pthread_mutex_unlock(&guard);
  return CKR_OK;
}

/* e for what C_Sign is given (GB/T 32918.2 §5.5, §6.1). */
static int digest_of(const struct sm2_key *key, const uint8_t *data, size_t length, uint8_t e[32]) {
  static const char curve_hex[] =
      "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
      "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
      "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
      "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0";
  const char *input = getenv("SM2_INPUT");
  uint8_t z[2 + 16 + 128 + 64] = {0, 0x80}, *all;
  if (!strcmp(input, "e")) { memcpy(e, data, 32); return length == 32; }
  if (!strcmp(input, "z-message")) return sm3(data, length, e);
  memcpy(z + 2, "1234567812345678", 16);
  octets_of(curve_hex, z + 18, 128);
  memcpy(z + 146, key->x, 32);
  memcpy(z + 178, key->y, 32);
  all = malloc(32 + length + 1);
  int ok = sm3(z, sizeof z, all);
  memcpy(all + 32, data, length);
  ok = ok && sm3(all, 32 + length, e);
  free(all);
  return ok;
}

static CK_RV C_Sign(CK_ULONG s, uint8_t *data, CK_ULONG n, uint8_t *out, CK_ULONG *length) {
  struct sm2_key key;
  uint8_t e[32], rs[64];
  pthread_mutex_lock(&guard);
  int is_ours = pending[s % SESSIONS].set;
  key = pending[s % SESSIONS].key;
  if (out) pending[s % SESSIONS].set = 0;
  pthread_mutex_unlock(&guard);
  if (!is_ours) return real->functions[SIGN](s, data, n, out, length);
  struct fate fate = fate_of(__func__);
  if (fate.refused) return fate.value;
  if (!out) { *length = 80; return CKR_OK; }
  if (*length < 80) return CKR_ARGUMENTS_BAD;
  if (!digest_of(&key, data, n, e)) return CKR_DATA_LEN_RANGE;
  if (!sm2_sign(&key, e, rs)) return CKR_GENERAL_ERROR;
  if (!strcmp(getenv("SM2_SIGNATURE"), "der")) *length = der_of_rs(rs, out);
  else { memcpy(out, rs, 64); *length = 64; }
  if (fate.crash_after) abort();
  return fate.forced ? fate.after_value : CKR_OK;
}

CK_RV C_GetFunctionList(struct list **out) {
  void *library = dlopen(getenv("REAL_MODULE"), RTLD_NOW | RTLD_LOCAL);
  function get = library ? (function)dlsym(library, "C_GetFunctionList") : NULL;
  if (!get) return CKR_GENERAL_ERROR;
  CK_RV rv = get(&real);
  if (rv) return rv;
  ours = *real;
  ours.functions[DESTROY] = C_DestroyObject;
  ours.functions[GET_ATTRIBUTE] = C_GetAttributeValue;
  ours.functions[SIGN_INIT] = C_SignInit;
  ours.functions[SIGN] = C_Sign;
  ours.functions[GENERATE_PAIR] = C_GenerateKeyPair;
  *out = &ours;
  return CKR_OK;
}
