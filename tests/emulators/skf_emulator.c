/* A UKey with an SKF library (GM/T 0016), for tests: no open chip does SM2.
 *
 * SKF_FOLDER holds one folder for each device that is plugged in; renaming it away pulls the device out. In a device's folder:
 * "serial", "label", "devauth" (device authentication tries left), and app-HEX for each application with "pins" and
 * con-HEX for each container with sign.key, enc.key (scalar, x, y), sign.cer, enc.cer.
 * SKF_DEVICE_KEY (hex) demands device authentication; SKF_MAX_CONTAINERS is the chip's capacity (default 8).
 * SKF_REMEMBERS makes SKF_VerifyPIN answer "already logged in" without looking at the PIN.
 * Compile with -DWIDE for a ULONG of 8 octets, with -DALIGNED for structures that are not packed.
 */
#include "emulator.h"

#ifdef WIDE
typedef unsigned long ULONG;
#else
typedef unsigned int ULONG;
#endif
typedef int BOOL;
typedef uint8_t BYTE;

enum {
  SAR_OK = 0, SAR_FAIL = 0x0A000001, SAR_INVALIDHANDLEERR = 0x0A000005, SAR_INVALIDPARAMERR = 0x0A000006,
  SAR_NAMELENERR = 0x0A000009, SAR_INDATALENERR = 0x0A000010, SAR_INDATAERR = 0x0A000011,
  SAR_KEYNOTFOUNTERR = 0x0A00001B, SAR_CERTNOTFOUNTERR = 0x0A00001C, SAR_BUFFER_TOO_SMALL = 0x0A000020,
  SAR_DEVICE_REMOVED = 0x0A000023, SAR_PIN_INCORRECT = 0x0A000024, SAR_PIN_LOCKED = 0x0A000025,
  SAR_PIN_LEN_RANGE = 0x0A000027, SAR_USER_ALREADY_LOGGED_IN = 0x0A000028,
  SAR_APPLICATION_EXISTS = 0x0A00002C, SAR_USER_NOT_LOGGED_IN = 0x0A00002D,
  SAR_APPLICATION_NOT_EXISTS = 0x0A00002E, SAR_REACH_MAX_CONTAINER_COUNT = 0x0A000032,
  SAR_SECURITY_INVALID = 0x0B000033, SAR_CONTAINER_NOT_FOUND = 0x0B000035, SAR_CONTAINER_EXIST = 0x0B000036,
  SAR_AUTH_LOCKED = 0x0B000037
};

#ifndef ALIGNED
#pragma pack(1)
#endif
typedef struct { BYTE major, minor; } VERSION;
typedef struct {
  VERSION Version;
  char Manufacturer[64], Issuer[64], Label[32], SerialNumber[32];
  VERSION HWVersion, FirmwareVersion;
  ULONG AlgSymCap, AlgAsymCap, AlgHashCap, DevAuthAlgId, TotalSpace, FreeSpace, MaxECCBufferSize, MaxBufferSize;
  BYTE Reserved[64];
} DEVINFO;
typedef struct { ULONG BitLen; BYTE X[64], Y[64]; } ECCPUBLICKEYBLOB;
typedef struct { BYTE r[64], s[64]; } ECCSIGNATUREBLOB;
typedef struct { BYTE X[64], Y[64], HASH[32]; ULONG CipherLen; BYTE Cipher[1]; } ECCCIPHERBLOB;
typedef struct {
  ULONG Version, ulSymmAlgID, ulBits;
  BYTE cbEncryptedPriKey[64];
  ECCPUBLICKEYBLOB PubKey;
  ECCCIPHERBLOB ECCCipherBlob;
} ENVELOPEDKEYBLOB;
#pragma pack()

struct device { char path[1024]; BYTE challenge[16]; int authenticated; };
struct application { struct device *device; char path[1200]; int user; };
struct container { struct application *application; char path[1400]; };
struct pins { char officer[32], holder[32]; int officer_limit, officer_left, holder_limit, holder_left, initial; };

#define ENTER(PATH)                                                                  \
  struct fate fate = fate_of(__func__);                                              \
  if (fate.unplug) unplug(PATH);                                                     \
  if (fate.refused) return (ULONG)fate.value;                                        \
  if (!file_exists(PATH)) return SAR_DEVICE_REMOVED
#define LEAVE(VALUE)                                                                 \
  do {                                                                               \
    ULONG value_ = (ULONG)(VALUE);                                                   \
    if (fate.crash_after) abort();                                                   \
    return fate.forced ? (ULONG)fate.after_value : value_;                           \
  } while (0)

static const char *folder(void) { return getenv("SKF_FOLDER") ? getenv("SKF_FOLDER") : "/nonexistent"; }

static void unplug(const char *path) {
  char from[1100], to[1200];
  snprintf(from, sizeof from, "%s", path);
  size_t start = strlen(folder()) + 1;
  char *slash = strlen(from) > start ? strchr(from + start, '/') : NULL;
  if (slash) *slash = 0;
  snprintf(to, sizeof to, "%s/../unplugged-%s", folder(), strrchr(from, '/') + 1);
  rename(from, to);
}

/* Names after a prefix in a folder, decoded from hexadecimal: each ended by NUL, the list by another. */
static ULONG listed(const char *path, const char *prefix, char *list, ULONG *size) {
  char all[16384];
  size_t n = 0, count = 0;
  DIR *stream = opendir(path);
  struct dirent *entry;
  if (!stream) return SAR_DEVICE_REMOVED;
  while ((entry = readdir(stream)) && n < sizeof all - 300)
    if (entry->d_name[0] != '.' && !strncmp(entry->d_name, prefix, strlen(prefix))) {
      if (*prefix) {
        n += octets_of(entry->d_name + strlen(prefix), (uint8_t *)all + n, 200);
        all[n++] = 0;
      } else n += (size_t)sprintf(all + n, "%s", entry->d_name) + 1;
      count++;
    }
  closedir(stream);
  if (!count) all[n++] = 0;
  all[n++] = 0;
  if (!list) { *size = (ULONG)n; return SAR_OK; }
  if (*size < n) { *size = (ULONG)n; return SAR_BUFFER_TOO_SMALL; }
  memcpy(list, all, n);
  *size = (ULONG)n;
  return SAR_OK;
}

static void below(char *path, size_t size, const char *parent, const char *prefix, const char *name) {
  char hex[512];
  hex_of(name, strlen(name), hex);
  snprintf(path, size, "%s/%s%s", parent, prefix, hex);
}

static int text_file(const char *parent, const char *name, char *text, size_t size) {
  char path[2000];
  snprintf(path, sizeof path, "%s/%s", parent, name);
  long n = file_read(path, text, size - 1);
  text[n > 0 ? n : 0] = 0;
  return n > 0;
}

ULONG SKF_EnumDev(BOOL present, char *names, ULONG *size) {
  (void)present;
  ENTER(folder());
  LEAVE(listed(folder(), "", names, size));
}

ULONG SKF_ConnectDev(const char *name, void **handle) {
  struct device *device = calloc(1, sizeof *device);
  snprintf(device->path, sizeof device->path, "%s/%s", folder(), name);
  ENTER(device->path);
  *handle = device;
  LEAVE(SAR_OK);
}

ULONG SKF_DisConnectDev(struct device *device) { free(device); return SAR_OK; }

static size_t used;
static int measured(const char *path, const struct stat *s, int flag, struct FTW *where) {
  (void)path; (void)where;
  if (flag == FTW_F) used += (size_t)s->st_size;
  return 0;
}

ULONG SKF_GetDevInfo(struct device *device, DEVINFO *info) {
  ENTER(device->path);
  memset(info, 0, sizeof *info);
  info->Version.major = 1;
  strcpy(info->Manufacturer, "Yinxin test emulator");
  strcpy(info->Issuer, "测试");
  text_file(device->path, "serial", info->SerialNumber, 32);
  text_file(device->path, "label", info->Label, 32);
  info->DevAuthAlgId = 0x401;
  info->TotalSpace = 65536;
  used = 0;
  nftw(device->path, measured, 8, FTW_PHYS);
  info->FreeSpace = (ULONG)(65536 - used);
  LEAVE(SAR_OK);
}

ULONG SKF_GenRandom(struct device *device, BYTE *octets, ULONG length) {
  ENTER(device->path);
  if (length > 16 || !random_octets(octets, (int)length)) return SAR_FAIL;
  memset(device->challenge, 0, 16);
  memcpy(device->challenge, octets, length);
  LEAVE(SAR_OK);
}

ULONG SKF_DevAuth(struct device *device, const BYTE *data, ULONG length) {
  BYTE key[16], wanted[16];
  char path[1100], left = 10;
  const char *text = getenv("SKF_DEVICE_KEY");
  ENTER(device->path);
  snprintf(path, sizeof path, "%s/devauth", device->path);
  file_read(path, &left, 1);
  if (left <= 0) LEAVE(SAR_AUTH_LOCKED);
  left--;
  file_write(path, &left, 1);
  if (!text || octets_of(text, key, 16) != 16 || length != 16) LEAVE(SAR_INDATALENERR);
  if (!sm4_ecb(key, 1, device->challenge, 16, wanted) || memcmp(wanted, data, 16)) LEAVE(SAR_FAIL);
  left = 10;
  file_write(path, &left, 1);
  device->authenticated = 1;
  LEAVE(SAR_OK);
}

static int allowed(const struct device *device) { return !getenv("SKF_DEVICE_KEY") || device->authenticated; }

static int pins_read(const char *path, struct pins *pins) {
  char file[2000];
  snprintf(file, sizeof file, "%s/pins", path);
  return file_read(file, pins, sizeof *pins) == sizeof *pins;
}

static int pins_write(const char *path, const struct pins *pins) {
  char file[2000];
  snprintf(file, sizeof file, "%s/pins", path);
  return file_write(file, pins, sizeof *pins);
}

static int pin_fits(const char *pin) { return strlen(pin) >= 6 && strlen(pin) <= 16; }

ULONG SKF_EnumApplication(struct device *device, char *names, ULONG *size) {
  ENTER(device->path);
  LEAVE(listed(device->path, "app-", names, size));
}

ULONG SKF_CreateApplication(struct device *device, const char *name, const char *officer, ULONG officer_tries,
                            const char *holder, ULONG holder_tries, ULONG rights, void **handle) {
  struct application *made = calloc(1, sizeof *made);
  struct pins pins = {{0}, {0}, (int)officer_tries, (int)officer_tries, (int)holder_tries, (int)holder_tries, 0};
  (void)rights;
  ENTER(device->path);
  if (!allowed(device)) LEAVE(SAR_SECURITY_INVALID);
  if (!*name || strlen(name) > 32) LEAVE(SAR_NAMELENERR);
  if (!pin_fits(officer) || !pin_fits(holder)) LEAVE(SAR_PIN_LEN_RANGE);
  made->device = device;
  below(made->path, sizeof made->path, device->path, "app-", name);
  if (file_exists(made->path)) LEAVE(SAR_APPLICATION_EXISTS);
  strcpy(pins.officer, officer);
  strcpy(pins.holder, holder);
  if (mkdir(made->path, 0700) || !pins_write(made->path, &pins)) LEAVE(SAR_FAIL);
  *handle = made;
  LEAVE(SAR_OK);
}

ULONG SKF_DeleteApplication(struct device *device, const char *name) {
  char path[1200];
  ENTER(device->path);
  if (!allowed(device)) LEAVE(SAR_SECURITY_INVALID);
  below(path, sizeof path, device->path, "app-", name);
  LEAVE(!file_exists(path) ? SAR_APPLICATION_NOT_EXISTS : tree_remove(path) ? SAR_FAIL : SAR_OK);
}

ULONG SKF_OpenApplication(struct device *device, const char *name, void **handle) {
  struct application *opened = calloc(1, sizeof *opened);
  ENTER(device->path);
  opened->device = device;
  below(opened->path, sizeof opened->path, device->path, "app-", name);
  if (!file_exists(opened->path)) LEAVE(SAR_APPLICATION_NOT_EXISTS);
  *handle = opened;
  LEAVE(SAR_OK);
}

ULONG SKF_CloseApplication(struct application *application) { application->user = 0; return SAR_OK; }
ULONG SKF_ClearSecureState(struct application *application) { application->user = 0; return SAR_OK; }

ULONG SKF_GetPINInfo(struct application *application, ULONG kind, ULONG *most, ULONG *left, BOOL *initial) {
  struct pins pins;
  ENTER(application->path);
  if (!pins_read(application->path, &pins)) LEAVE(SAR_FAIL);
  *most = (ULONG)(kind ? pins.holder_limit : pins.officer_limit);
  *left = (ULONG)(kind ? pins.holder_left : pins.officer_left);
  *initial = pins.initial;
  LEAVE(SAR_OK);
}

/* The count goes down before the comparison: pulling the key out in between wins nothing. */
static ULONG judged(struct application *application, ULONG kind, const char *pin, ULONG *left) {
  struct pins pins;
  if (!pins_read(application->path, &pins)) return SAR_FAIL;
  int *count = kind ? &pins.holder_left : &pins.officer_left;
  *left = (ULONG)*count;
  if (*count <= 0) return SAR_PIN_LOCKED;
  *left = (ULONG)--*count;
  pins_write(application->path, &pins);
  if (strcmp(kind ? pins.holder : pins.officer, pin)) {
    application->user = 0;
    return SAR_PIN_INCORRECT;
  }
  *count = kind ? pins.holder_limit : pins.officer_limit;
  *left = (ULONG)*count;
  return pins_write(application->path, &pins) ? SAR_OK : SAR_FAIL;
}

ULONG SKF_VerifyPIN(struct application *application, ULONG kind, const char *pin, ULONG *left) {
  ENTER(application->path);
  if (getenv("SKF_REMEMBERS") && application->user) LEAVE(SAR_USER_ALREADY_LOGGED_IN);
  ULONG value = judged(application, kind, pin, left);
  if (value == SAR_OK && kind) application->user = 1;
  LEAVE(value);
}

static ULONG renewed(struct application *application, ULONG kind, const char *pin) {
  struct pins pins;
  if (!pins_read(application->path, &pins)) return SAR_FAIL;
  strcpy(kind ? pins.holder : pins.officer, pin);
  if (kind) pins.holder_left = pins.holder_limit; else pins.officer_left = pins.officer_limit;
  return pins_write(application->path, &pins) ? SAR_OK : SAR_FAIL;
}

ULONG SKF_ChangePIN(struct application *application, ULONG kind, const char *old, const char *pin, ULONG *left) {
  ENTER(application->path);
  if (!pin_fits(pin)) LEAVE(SAR_PIN_LEN_RANGE);
  ULONG value = judged(application, kind, old, left);
  LEAVE(value ? value : renewed(application, kind, pin));
}

ULONG SKF_UnblockPIN(struct application *application, const char *officer, const char *pin, ULONG *left) {
  ENTER(application->path);
  if (!pin_fits(pin)) LEAVE(SAR_PIN_LEN_RANGE);
  ULONG value = judged(application, 0, officer, left);
  LEAVE(value ? value : renewed(application, 1, pin));
}

ULONG SKF_EnumContainer(struct application *application, char *names, ULONG *size) {
  ENTER(application->path);
  LEAVE(listed(application->path, "con-", names, size));
}

static int containers(const char *path) {
  int count = 0;
  DIR *stream = opendir(path);
  struct dirent *entry;
  while (stream && (entry = readdir(stream))) count += !strncmp(entry->d_name, "con-", 4);
  if (stream) closedir(stream);
  return count;
}

ULONG SKF_CreateContainer(struct application *application, const char *name, void **handle) {
  struct container *made = calloc(1, sizeof *made);
  int most = getenv("SKF_MAX_CONTAINERS") ? atoi(getenv("SKF_MAX_CONTAINERS")) : 8;
  ENTER(application->path);
  if (!application->user) LEAVE(SAR_USER_NOT_LOGGED_IN);
  if (!*name || strlen(name) > 64) LEAVE(SAR_NAMELENERR);
  made->application = application;
  below(made->path, sizeof made->path, application->path, "con-", name);
  if (file_exists(made->path)) LEAVE(SAR_CONTAINER_EXIST);
  if (containers(application->path) >= most) LEAVE(SAR_REACH_MAX_CONTAINER_COUNT);
  if (mkdir(made->path, 0700)) LEAVE(SAR_FAIL);
  *handle = made;
  LEAVE(SAR_OK);
}

ULONG SKF_DeleteContainer(struct application *application, const char *name) {
  char path[1400];
  ENTER(application->path);
  if (!application->user) LEAVE(SAR_USER_NOT_LOGGED_IN);
  below(path, sizeof path, application->path, "con-", name);
  LEAVE(!file_exists(path) ? SAR_CONTAINER_NOT_FOUND : tree_remove(path) ? SAR_FAIL : SAR_OK);
}

ULONG SKF_OpenContainer(struct application *application, const char *name, void **handle) {
  struct container *opened = calloc(1, sizeof *opened);
  ENTER(application->path);
  opened->application = application;
  below(opened->path, sizeof opened->path, application->path, "con-", name);
  if (!file_exists(opened->path)) LEAVE(SAR_CONTAINER_NOT_FOUND);
  *handle = opened;
  LEAVE(SAR_OK);
}

ULONG SKF_CloseContainer(struct container *container) { free(container); return SAR_OK; }

static char *inside(struct container *container, const char *name, char *path) {
  snprintf(path, 2000, "%s/%s", container->path, name);
  return path;
}

static int key_read(struct container *container, const char *name, struct sm2_key *key) {
  char path[2000];
  return file_read(inside(container, name, path), key, sizeof *key) == sizeof *key;
}

static void public_blob(const struct sm2_key *key, ECCPUBLICKEYBLOB *blob) {
  memset(blob, 0, sizeof *blob);
  blob->BitLen = 256;
  memcpy(blob->X + 32, key->x, 32);
  memcpy(blob->Y + 32, key->y, 32);
}

ULONG SKF_GenECCKeyPair(struct container *container, ULONG algorithm, ECCPUBLICKEYBLOB *blob) {
  struct sm2_key key;
  char path[2000];
  ENTER(container->path);
  if (!container->application->user) LEAVE(SAR_USER_NOT_LOGGED_IN);
  if (algorithm != 0x20100) LEAVE(SAR_INVALIDPARAMERR);
  if (!sm2_generate(&key) || !file_write(inside(container, "sign.key", path), &key, sizeof key)) LEAVE(SAR_FAIL);
  public_blob(&key, blob);
  LEAVE(SAR_OK);
}

ULONG SKF_ExportPublicKey(struct container *container, BOOL sign, BYTE *blob, ULONG *size) {
  struct sm2_key key;
  ENTER(container->path);
  if (!key_read(container, sign ? "sign.key" : "enc.key", &key)) LEAVE(SAR_KEYNOTFOUNTERR);
  if (*size < sizeof(ECCPUBLICKEYBLOB)) LEAVE(SAR_BUFFER_TOO_SMALL);
  public_blob(&key, (ECCPUBLICKEYBLOB *)blob);
  *size = sizeof(ECCPUBLICKEYBLOB);
  LEAVE(SAR_OK);
}

ULONG SKF_ECCSignData(struct container *container, const BYTE *digest, ULONG length, ECCSIGNATUREBLOB *signature) {
  struct sm2_key key;
  uint8_t rs[64];
  ENTER(container->path);
  if (!container->application->user) LEAVE(SAR_USER_NOT_LOGGED_IN);
  if (length != 32) LEAVE(SAR_INDATALENERR);
  if (!key_read(container, "sign.key", &key)) LEAVE(SAR_KEYNOTFOUNTERR);
  if (!sm2_sign(&key, digest, rs)) LEAVE(SAR_FAIL);
  memset(signature, 0, sizeof *signature);
  memcpy(signature->r + 32, rs, 32);
  memcpy(signature->s + 32, rs + 32, 32);
  LEAVE(SAR_OK);
}

ULONG SKF_ImportECCKeyPair(struct container *container, const ENVELOPEDKEYBLOB *blob) {
  struct sm2_key own, pair = {{0}, {0}, {0}};
  uint8_t session[16];
  char path[2000];
  const ECCCIPHERBLOB *cipher = &blob->ECCCipherBlob;
  ENTER(container->path);
  if (!container->application->user) LEAVE(SAR_USER_NOT_LOGGED_IN);
  if (blob->Version != 1 || blob->ulSymmAlgID != 0x401 || blob->ulBits != 256 || cipher->CipherLen != 16)
    LEAVE(SAR_INDATAERR);
  if (!key_read(container, "sign.key", &own)) LEAVE(SAR_KEYNOTFOUNTERR);
  if (!sm2_decrypt(&own, cipher->X + 32, cipher->Y + 32, cipher->HASH, cipher->Cipher, 16, session) ||
      !sm4_ecb(session, 0, blob->cbEncryptedPriKey + 32, 32, pair.d) || !sm2_complete(&pair) ||
      memcmp(pair.x, blob->PubKey.X + 32, 32) || memcmp(pair.y, blob->PubKey.Y + 32, 32))
    LEAVE(SAR_INDATAERR);
  LEAVE(file_write(inside(container, "enc.key", path), &pair, sizeof pair) ? SAR_OK : SAR_FAIL);
}

ULONG SKF_ECCDecrypt(struct container *container, const ECCCIPHERBLOB *cipher, BYTE *plain, ULONG *size) {
  struct sm2_key key;
  ENTER(container->path);
  if (!container->application->user) LEAVE(SAR_USER_NOT_LOGGED_IN);
  if (!key_read(container, "enc.key", &key)) LEAVE(SAR_KEYNOTFOUNTERR);
  if (*size < cipher->CipherLen) LEAVE(SAR_BUFFER_TOO_SMALL);
  *size = cipher->CipherLen;
  LEAVE(sm2_decrypt(&key, cipher->X + 32, cipher->Y + 32, cipher->HASH, cipher->Cipher, cipher->CipherLen, plain)
            ? SAR_OK : SAR_INDATAERR);
}

ULONG SKF_ImportCertificate(struct container *container, BOOL sign, const BYTE *der, ULONG length) {
  char path[2000];
  ENTER(container->path);
  if (!container->application->user) LEAVE(SAR_USER_NOT_LOGGED_IN);
  LEAVE(file_write(inside(container, sign ? "sign.cer" : "enc.cer", path), der, length) ? SAR_OK : SAR_FAIL);
}

ULONG SKF_ExportCertificate(struct container *container, BOOL sign, BYTE *der, ULONG *size) {
  char path[2000];
  ENTER(container->path);
  long length = file_read(inside(container, sign ? "sign.cer" : "enc.cer", path), der, *size);
  if (length < 0) LEAVE(SAR_CERTNOTFOUNTERR);
  *size = (ULONG)length;
  LEAVE(SAR_OK);
}
