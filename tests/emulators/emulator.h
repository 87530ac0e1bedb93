/* What the emulators of cryptographic devices share: orders to misbehave, files, and SM2 by the system's libcrypto.
 *
 * libcrypto is opened at run time and its functions are declared here by hand, so that no header is needed.
 *
 * FAULT_FOLDER is a folder of orders: a file named like a function holds "once:ORDER" or "always:ORDER".
 *   rv:HEX   return that value and do nothing     crash        abort before the effect
 *   hang     sleep                                after-crash  abort after the effect
 *   unplug   the device is gone from now on (the emulator says what that means)
 *   after-rv:HEX  do the work and then return that value all the same
 */
#ifndef EMULATOR_H
#define EMULATOR_H
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- orders ---- */

static int order(const char *name, char *command, size_t size) {
  char path[4096], line[128] = "";
  const char *folder = getenv("FAULT_FOLDER");
  if (!folder) return 0;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *stream = fopen(path, "r");
  if (!stream) return 0;
  if (!fgets(line, sizeof line, stream)) line[0] = 0;
  fclose(stream);
  char *colon = strchr(line, ':');
  if (!colon) return 0;
  if (!strncmp(line, "once", 4) && unlink(path)) return 0;
  snprintf(command, size, "%s", colon + 1);
  return 1;
}

struct fate { int refused, crash_after, unplug, forced; unsigned long value, after_value; };

static struct fate fate_of(const char *name) {
  struct fate fate = {0};
  char command[128];
  if (!order(name, command, sizeof command)) return fate;
  if (!strncmp(command, "rv:", 3)) { fate.refused = 1; fate.value = strtoul(command + 3, NULL, 16); }
  if (!strncmp(command, "after-rv:", 9)) { fate.forced = 1; fate.after_value = strtoul(command + 9, NULL, 16); }
  if (!strcmp(command, "crash")) abort();
  if (!strcmp(command, "after-crash")) fate.crash_after = 1;
  if (!strcmp(command, "hang")) sleep(3600);
  if (!strcmp(command, "unplug")) fate.unplug = 1;
  return fate;
}

/* ---- files ---- */

static int file_exists(const char *path) { return access(path, F_OK) == 0; }

static long file_read(const char *path, void *octets, size_t most) {
  FILE *stream = fopen(path, "rb");
  if (!stream) return -1;
  size_t length = fread(octets, 1, most, stream);
  fclose(stream);
  return (long)length;
}

static int file_write(const char *path, const void *octets, size_t length) {
  char other[4200];
  snprintf(other, sizeof other, "%s.new", path);
  FILE *stream = fopen(other, "wb");
  if (!stream) return 0;
  size_t written = fwrite(octets, 1, length, stream);
  return !fclose(stream) && written == length && !rename(other, path);
}

static int tree_entry(const char *path, const struct stat *s, int flag, struct FTW *where) {
  (void)s; (void)flag; (void)where;
  return remove(path);
}

static int tree_remove(const char *path) { return nftw(path, tree_entry, 16, FTW_DEPTH | FTW_PHYS); }

static void hex_of(const void *octets, size_t length, char *text) {
  for (size_t i = 0; i < length; i++) sprintf(text + 2 * i, "%02x", ((const uint8_t *)octets)[i]);
  text[2 * length] = 0;
}

static size_t octets_of(const char *text, uint8_t *octets, size_t most) {
  size_t length = strlen(text) / 2;
  if (length > most) length = most;
  for (size_t i = 0; i < length; i++) { unsigned v; sscanf(text + 2 * i, "%2x", &v); octets[i] = (uint8_t)v; }
  return length;
}

/* ---- SM2, SM3 and SM4 by libcrypto ---- */

struct sm2_key { uint8_t d[32], x[32], y[32]; };

static void *crypto(const char *name) {
  static void *library;
  if (!library) library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
  void *found = library ? dlsym(library, name) : NULL;
  if (!found) { fprintf(stderr, "emulator: libcrypto.so.3 has no %s\n", name); abort(); }
  return found;
}
#define CRYPTO(TYPE, NAME, ...) ((TYPE (*)(__VA_ARGS__))crypto(#NAME))

static const uint8_t SM2_OID[] = {0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d};

/* SEC 1 ECPrivateKey with the curve and, when known, the point (C.4). */
static void *sm2_loaded(const struct sm2_key *key, int with_point) {
  uint8_t der[128] = {0x30, 0, 0x02, 0x01, 0x01, 0x04, 0x20};
  size_t n = 7;
  memcpy(der + n, key->d, 32); n += 32;
  der[n++] = 0xa0; der[n++] = sizeof SM2_OID;
  memcpy(der + n, SM2_OID, sizeof SM2_OID); n += sizeof SM2_OID;
  if (with_point) {
    static const uint8_t head[] = {0xa1, 0x44, 0x03, 0x42, 0x00, 0x04};
    memcpy(der + n, head, sizeof head); n += sizeof head;
    memcpy(der + n, key->x, 32); n += 32;
    memcpy(der + n, key->y, 32); n += 32;
  }
  der[1] = (uint8_t)(n - 2);
  const uint8_t *at = der;
  return CRYPTO(void *, d2i_AutoPrivateKey, void **, const uint8_t **, long)(NULL, &at, (long)n);
}

static int sm2_point(void *pkey, struct sm2_key *key) {
  uint8_t point[133];
  size_t length = 0;
  if (CRYPTO(int, EVP_PKEY_get_octet_string_param, void *, const char *, void *, size_t, size_t *)(
          pkey, "pub", point, sizeof point, &length) != 1 || length != 65 || point[0] != 4) return 0;
  memcpy(key->x, point + 1, 32);
  memcpy(key->y, point + 33, 32);
  return 1;
}

static void sm2_free(void *pkey) { CRYPTO(void, EVP_PKEY_free, void *)(pkey); }

static int sm2_generate(struct sm2_key *key) {
  void *number = NULL;
  void *pkey = CRYPTO(void *, EVP_PKEY_Q_keygen, void *, const char *, const char *, ...)(NULL, NULL, "SM2");
  int ok = pkey && sm2_point(pkey, key) &&
           CRYPTO(int, EVP_PKEY_get_bn_param, void *, const char *, void **)(pkey, "priv", &number) == 1 &&
           CRYPTO(int, BN_bn2binpad, void *, uint8_t *, int)(number, key->d, 32) == 32;
  if (number) CRYPTO(void, BN_clear_free, void *)(number);
  if (pkey) sm2_free(pkey);
  return ok;
}

/* The public half of a scalar; 0 when it is none. */
static int sm2_complete(struct sm2_key *key) {
  void *pkey = sm2_loaded(key, 0);
  int ok = pkey && sm2_point(pkey, key);
  if (pkey) sm2_free(pkey);
  return ok;
}

/* Two DER INTEGERs of a SEQUENCE, each to 32 octets. */
static int rs_of_der(const uint8_t *der, size_t length, uint8_t rs[64]) {
  size_t at = 2;
  if (length < 8 || der[0] != 0x30) return 0;
  memset(rs, 0, 64);
  for (int i = 0; i < 2; i++) {
    if (at + 2 > length || der[at] != 2) return 0;
    size_t n = der[at + 1];
    const uint8_t *v = der + at + 2;
    at += 2 + n;
    if (at > length) return 0;
    while (n > 32) { v++; n--; }
    memcpy(rs + 32 * i + 32 - n, v, n);
  }
  return 1;
}

static size_t der_of_rs(const uint8_t *rs, uint8_t *der) {
  size_t n = 2;
  for (int i = 0; i < 2; i++) {
    const uint8_t *v = rs + 32 * i;
    size_t l = 32;
    while (l > 1 && !*v) { v++; l--; }
    der[n++] = 2;
    der[n++] = (uint8_t)(l + (*v >> 7));
    if (*v >> 7) der[n++] = 0;
    memcpy(der + n, v, l);
    n += l;
  }
  der[0] = 0x30;
  der[1] = (uint8_t)(n - 2);
  return n;
}

/* Sign e as it is: EVP_PKEY_sign computes neither Z nor a digest. */
static int sm2_sign(const struct sm2_key *key, const uint8_t e[32], uint8_t rs[64]) {
  uint8_t der[80];
  size_t length = sizeof der;
  void *pkey = sm2_loaded(key, 1);
  void *ctx = pkey ? CRYPTO(void *, EVP_PKEY_CTX_new, void *, void *)(pkey, NULL) : NULL;
  int ok = ctx && CRYPTO(int, EVP_PKEY_sign_init, void *)(ctx) == 1 &&
           CRYPTO(int, EVP_PKEY_sign, void *, uint8_t *, size_t *, const uint8_t *, size_t)(
               ctx, der, &length, e, 32) == 1 && rs_of_der(der, length, rs);
  if (ctx) CRYPTO(void, EVP_PKEY_CTX_free, void *)(ctx);
  if (pkey) sm2_free(pkey);
  return ok;
}

/* Decrypt a ciphertext given as its parts (GM/T 0009 §7.2); the plaintext has its length. */
static int sm2_decrypt(const struct sm2_key *key, const uint8_t *x, const uint8_t *y, const uint8_t *hash,
                       const uint8_t *text, size_t length, uint8_t *plain) {
  uint8_t der[512], xy[64];
  size_t n, out = length;
  if (length > 200) return 0;
  memcpy(xy, x, 32);
  memcpy(xy + 32, y, 32);
  n = der_of_rs(xy, der + 4) - 2;             /* the two INTEGERs stand at der + 6 */
  uint8_t body[512];
  memcpy(body, der + 6, n);
  body[n++] = 4; body[n++] = 32;
  memcpy(body + n, hash, 32); n += 32;
  body[n++] = 4;
  if (length > 127) body[n++] = 0x81;
  body[n++] = (uint8_t)length;
  memcpy(body + n, text, length); n += length;
  size_t head = 0;
  der[head++] = 0x30;
  if (n > 255) { der[head++] = 0x82; der[head++] = (uint8_t)(n >> 8); }
  else if (n > 127) der[head++] = 0x81;
  der[head++] = (uint8_t)n;
  memcpy(der + head, body, n);
  void *pkey = sm2_loaded(key, 1);
  void *ctx = pkey ? CRYPTO(void *, EVP_PKEY_CTX_new, void *, void *)(pkey, NULL) : NULL;
  int ok = ctx && CRYPTO(int, EVP_PKEY_decrypt_init, void *)(ctx) == 1 &&
           CRYPTO(int, EVP_PKEY_decrypt, void *, uint8_t *, size_t *, const uint8_t *, size_t)(
               ctx, plain, &out, der, head + n) == 1 && out == length;
  if (ctx) CRYPTO(void, EVP_PKEY_CTX_free, void *)(ctx);
  if (pkey) sm2_free(pkey);
  return ok;
}

static int sm4_ecb(const uint8_t key[16], int encrypt, const uint8_t *in, int length, uint8_t *out) {
  int n = 0;
  void *cipher = CRYPTO(void *, EVP_CIPHER_fetch, void *, const char *, const char *)(NULL, "SM4-ECB", NULL);
  void *ctx = CRYPTO(void *, EVP_CIPHER_CTX_new, void)();
  int ok = cipher && ctx &&
           CRYPTO(int, EVP_CipherInit_ex, void *, void *, void *, const uint8_t *, const uint8_t *, int)(
               ctx, cipher, NULL, key, NULL, encrypt) == 1 &&
           CRYPTO(int, EVP_CIPHER_CTX_set_padding, void *, int)(ctx, 0) == 1 &&
           CRYPTO(int, EVP_CipherUpdate, void *, uint8_t *, int *, const uint8_t *, int)(
               ctx, out, &n, in, length) == 1 && n == length;
  if (ctx) CRYPTO(void, EVP_CIPHER_CTX_free, void *)(ctx);
  if (cipher) CRYPTO(void, EVP_CIPHER_free, void *)(cipher);
  return ok;
}

static int sm3(const void *octets, size_t length, uint8_t digest[32]) {
  size_t n = 0;
  return CRYPTO(int, EVP_Q_digest, void *, const char *, const char *, const void *, size_t, uint8_t *, size_t *)(
             NULL, "SM3", NULL, octets, length, digest, &n) == 1 && n == 32;
}

static int random_octets(uint8_t *octets, int length) {
  return CRYPTO(int, RAND_bytes, uint8_t *, int)(octets, length) == 1;
}
#endif
