/* A cryptographic device with an SDF library (GM/T 0018), for tests.
 *
 * SDF_FOLDER is the device; renaming it away cuts the connection. It holds "serial", key-INDEX with sign.key, enc.key
 * (scalar, x, y) and "password", and "files".
 * Compile with -DNARROW for the structures of another maker: coordinates of 32 octets, ciphertexts as L, x, y, C[136], M.
 */
#include "emulator.h"

#ifdef NARROW
enum { WIDTH = 32 };
typedef struct { unsigned int L; uint8_t x[32], y[32], C[136], M[32]; } ECCCipher;
#else
enum { WIDTH = 64 };
typedef struct { uint8_t x[64], y[64], M[32]; unsigned int L; uint8_t C[1]; } ECCCipher;
#endif
typedef struct { unsigned int bits; uint8_t x[WIDTH], y[WIDTH]; } ECCrefPublicKey;
typedef struct { uint8_t r[WIDTH], s[WIDTH]; } ECCSignature;
typedef struct {
  uint8_t IssuerName[40], DeviceName[16], DeviceSerial[16];
  unsigned int DeviceVersion, StandardVersion, AsymAlgAbility[2], SymAlgAbility, HashAlgAbility, BufferSize;
} DEVICEINFO;

enum {
  SDR_OK = 0, SDR_UNKNOWERR = 0x01000001, SDR_COMMFAIL = 0x01000003, SDR_OPENDEVICE = 0x01000005,
  SDR_PARDENY = 0x01000007, SDR_KEYNOTEXIST = 0x01000008, SDR_FILENOEXIST = 0x01000012,
  SDR_ENCDATAERR = 0x01000016, SDR_PRKRERR = 0x01000018, SDR_FILEEXSITS = 0x0100001A, SDR_INARGERR = 0x0100001D
};

struct session { unsigned char allowed[64]; };

static const char *folder(void) { return getenv("SDF_FOLDER") ? getenv("SDF_FOLDER") : "/nonexistent"; }

static void unplug(void) {
  char to[1200];
  snprintf(to, sizeof to, "%s-unplugged", folder());
  rename(folder(), to);
}

#define ENTER()                                          \
  struct fate fate = fate_of(__func__);                  \
  if (fate.unplug) unplug();                             \
  if (fate.refused) return (int)fate.value;              \
  if (!file_exists(folder())) return SDR_COMMFAIL
#define LEAVE(VALUE)                                     \
  do {                                                   \
    int value_ = (VALUE);                                \
    if (fate.crash_after) abort();                       \
    return fate.forced ? (int)fate.after_value : value_; \
  } while (0)

static int key_read(unsigned int index, const char *name, struct sm2_key *key) {
  char path[1200];
  snprintf(path, sizeof path, "%s/key-%u/%s", folder(), index, name);
  return file_read(path, key, sizeof *key) == sizeof *key;
}

int SDF_OpenDevice(void **device) {
  struct fate fate = fate_of(__func__);
  if (fate.refused) return (int)fate.value;
  if (!file_exists(folder())) return SDR_OPENDEVICE;
  *device = calloc(1, 1);
  LEAVE(SDR_OK);
}

int SDF_OpenSession(void *device, void **session) {
  (void)device;
  ENTER();
  *session = calloc(1, sizeof(struct session));
  LEAVE(SDR_OK);
}

int SDF_GetDeviceInfo(struct session *session, DEVICEINFO *info) {
  char path[1200];
  (void)session;
  ENTER();
  memset(info, 0, sizeof *info);
  memcpy(info->IssuerName, "Yinxin test emulator", 20);
  memcpy(info->DeviceName, "SDF", 3);
  snprintf(path, sizeof path, "%s/serial", folder());
  file_read(path, info->DeviceSerial, 15);
  LEAVE(SDR_OK);
}

int SDF_GetPrivateKeyAccessRight(struct session *session, unsigned int index, const char *password, unsigned int length) {
  char path[1200], kept[64] = "";
  struct sm2_key key;
  ENTER();
  if (index >= sizeof session->allowed || !key_read(index, "sign.key", &key)) LEAVE(SDR_KEYNOTEXIST);
  snprintf(path, sizeof path, "%s/key-%u/password", folder(), index);
  long n = file_read(path, kept, sizeof kept);
  snprintf(path, sizeof path, "%s/asked", folder());
  FILE *asked = fopen(path, "a");
  if (asked) { fprintf(asked, "%u\n", index); fclose(asked); }
  if (n != (long)length || memcmp(kept, password, length)) LEAVE(SDR_PRKRERR);
  session->allowed[index] = 1;
  LEAVE(SDR_OK);
}

int SDF_ReleasePrivateKeyAccessRight(struct session *session, unsigned int index) {
  ENTER();
  if (index < sizeof session->allowed) session->allowed[index] = 0;
  LEAVE(SDR_OK);
}

static int exported(unsigned int index, const char *name, ECCrefPublicKey *blob) {
  struct sm2_key key;
  if (!key_read(index, name, &key)) return SDR_KEYNOTEXIST;
  memset(blob, 0, sizeof *blob);
  blob->bits = 256;
  memcpy(blob->x + WIDTH - 32, key.x, 32);
  memcpy(blob->y + WIDTH - 32, key.y, 32);
  return SDR_OK;
}

int SDF_ExportSignPublicKey_ECC(struct session *session, unsigned int index, ECCrefPublicKey *blob) {
  (void)session;
  ENTER();
  LEAVE(exported(index, "sign.key", blob));
}

int SDF_ExportEncPublicKey_ECC(struct session *session, unsigned int index, ECCrefPublicKey *blob) {
  (void)session;
  ENTER();
  LEAVE(exported(index, "enc.key", blob));
}

int SDF_InternalSign_ECC(struct session *session, unsigned int index, const uint8_t *data, unsigned int length,
                         ECCSignature *signature) {
  struct sm2_key key;
  uint8_t rs[64];
  ENTER();
  if (!key_read(index, "sign.key", &key)) LEAVE(SDR_KEYNOTEXIST);
  if (index >= sizeof session->allowed || !session->allowed[index]) LEAVE(SDR_PARDENY);
  if (length != 32) LEAVE(SDR_INARGERR);
  if (!sm2_sign(&key, data, rs)) LEAVE(SDR_UNKNOWERR);
  memset(signature, 0, sizeof *signature);
  memcpy(signature->r + WIDTH - 32, rs, 32);
  memcpy(signature->s + WIDTH - 32, rs + 32, 32);
  LEAVE(SDR_OK);
}

int SDF_InternalDecrypt_ECC(struct session *session, unsigned int index, unsigned int algorithm,
                            const ECCCipher *cipher, uint8_t *plain, unsigned int *length) {
  struct sm2_key key;
  ENTER();
  if (!key_read(index, "enc.key", &key)) LEAVE(SDR_KEYNOTEXIST);
  if (index >= sizeof session->allowed || !session->allowed[index]) LEAVE(SDR_PARDENY);
  if (algorithm != 0x20800 || cipher->L > *length) LEAVE(SDR_INARGERR);
  *length = cipher->L;
  LEAVE(sm2_decrypt(&key, cipher->x + WIDTH - 32, cipher->y + WIDTH - 32, cipher->M, cipher->C, cipher->L, plain)
            ? SDR_OK : SDR_ENCDATAERR);
}

static char *file_of(const uint8_t *name, unsigned int length, char *path) {
  char hex[300];
  hex_of(name, length > 128 ? 128 : length, hex);
  snprintf(path, 1600, "%s/files/%s", folder(), hex);
  return path;
}

int SDF_CreateFile(struct session *session, const uint8_t *name, unsigned int length, unsigned int size) {
  char path[1600];
  (void)session;
  ENTER();
  if (file_exists(file_of(name, length, path))) LEAVE(SDR_FILEEXSITS);
  uint8_t *zeros = calloc(1, size);
  int ok = file_write(path, zeros, size);
  free(zeros);
  LEAVE(ok ? SDR_OK : SDR_UNKNOWERR);
}

int SDF_ReadFile(struct session *session, const uint8_t *name, unsigned int length, unsigned int offset,
                 unsigned int *size, uint8_t *octets) {
  static uint8_t all[65536];
  char path[1600];
  (void)session;
  ENTER();
  long n = file_read(file_of(name, length, path), all, sizeof all);
  if (n < 0) LEAVE(SDR_FILENOEXIST);
  if (offset > n) LEAVE(SDR_INARGERR);
  if (*size > n - offset) *size = (unsigned int)(n - offset);
  memcpy(octets, all + offset, *size);
  LEAVE(SDR_OK);
}

int SDF_WriteFile(struct session *session, const uint8_t *name, unsigned int length, unsigned int offset,
                  unsigned int size, const uint8_t *octets) {
  static uint8_t all[65536];
  char path[1600];
  (void)session;
  ENTER();
  long n = file_read(file_of(name, length, path), all, sizeof all);
  if (n < 0) LEAVE(SDR_FILENOEXIST);
  if (offset + size > n) LEAVE(SDR_INARGERR);
  memcpy(all + offset, octets, size);
  LEAVE(file_write(path, all, (size_t)n) ? SDR_OK : SDR_UNKNOWERR);
}

int SDF_DeleteFile(struct session *session, const uint8_t *name, unsigned int length) {
  char path[1600];
  (void)session;
  ENTER();
  LEAVE(unlink(file_of(name, length, path)) ? SDR_FILENOEXIST : SDR_OK);
}
