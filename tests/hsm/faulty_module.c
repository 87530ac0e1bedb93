/* A PKCS#11 module that forwards to a real one and does one wrong thing when told.
 *
 * REAL_MODULE names the real module, FAULT_FOLDER a folder of orders: a file "C_Sign" (or another function below) holds one
 * order. "once:" orders are carried out by whoever removes the file; "always:" orders stay.
 *   rv:HEX    return that CK_RV and do nothing
 *   crash     abort before the effect           after-crash  abort after it
 *   hang      sleep                             closeall     C_CloseAllSessions, then go on
 *   finalize  C_Finalize, then go on            chatter      write to standard output, then go on
 */
#include "../emulators/emulator.h"

typedef unsigned long CK_RV, CK_ULONG;
typedef CK_RV (*function)();
struct list { unsigned char version[2]; function functions[68]; };
enum { INITIALIZE = 0, FINALIZE = 1, INIT_TOKEN = 9, OPEN_SESSION = 12, CLOSE_ALL = 14, LOGIN = 18,
       CREATE_OBJECT = 20, GET_ATTRIBUTE = 24, ENCRYPT = 30, DECRYPT = 34, SIGN_INIT = 42, SIGN = 43,
       GENERATE_KEY = 58, GENERATE_PAIR = 59 };

static struct list ours, *real;
static CK_ULONG slot;

static int before(const char *name, CK_RV *rv, int *after) {
  char command[128];
  *after = 0;
  if (!order(name, command, sizeof command)) return 0;
  if (!strncmp(command, "rv:", 3)) { *rv = strtoul(command + 3, NULL, 16); return 1; }
  if (!strcmp(command, "crash")) abort();
  if (!strcmp(command, "after-crash")) *after = 1;
  if (!strcmp(command, "hang")) sleep(3600);
  if (!strcmp(command, "closeall")) real->functions[CLOSE_ALL](slot);
  if (!strcmp(command, "finalize")) real->functions[FINALIZE](NULL);
  if (!strcmp(command, "chatter")) { printf("a vendor's library talks\n"); fflush(stdout); }
  return 0;
}

#define WRAP(NAME, PLACE, PARAMETERS, ARGUMENTS)            \
  static CK_RV NAME PARAMETERS {                            \
    CK_RV rv; int after;                                    \
    if (before(#NAME, &rv, &after)) return rv;              \
    rv = real->functions[PLACE] ARGUMENTS;                  \
    if (after) abort();                                     \
    return rv;                                              \
  }

/* Orders are for an initialisation with arguments: "always:rv:a" refuses locking (CKR_CANT_LOCK). */
static CK_RV C_Initialize(void *arguments) {
  CK_RV rv; int after;
  if (arguments && before("C_Initialize", &rv, &after)) return rv;
  return real->functions[INITIALIZE](arguments);
}

WRAP(C_InitToken, INIT_TOKEN, (CK_ULONG s, void *p, CK_ULONG n, void *l), (s, p, n, l))
WRAP(C_Login, LOGIN, (CK_ULONG s, CK_ULONG u, void *p, CK_ULONG n), (s, u, p, n))
WRAP(C_SignInit, SIGN_INIT, (CK_ULONG s, void *m, CK_ULONG k), (s, m, k))
WRAP(C_Sign, SIGN, (CK_ULONG s, void *d, CK_ULONG n, void *o, CK_ULONG *l), (s, d, n, o, l))
WRAP(C_CreateObject, CREATE_OBJECT, (CK_ULONG s, void *t, CK_ULONG n, CK_ULONG *o), (s, t, n, o))
WRAP(C_Encrypt, ENCRYPT, (CK_ULONG s, void *d, CK_ULONG n, void *o, CK_ULONG *l), (s, d, n, o, l))
WRAP(C_Decrypt, DECRYPT, (CK_ULONG s, void *d, CK_ULONG n, void *o, CK_ULONG *l), (s, d, n, o, l))
WRAP(C_GenerateKey, GENERATE_KEY, (CK_ULONG s, void *m, void *t, CK_ULONG n, CK_ULONG *k), (s, m, t, n, k))
WRAP(C_GenerateKeyPair, GENERATE_PAIR,
     (CK_ULONG s, void *m, void *pu, CK_ULONG n, void *pr, CK_ULONG k, CK_ULONG *a, CK_ULONG *b),
     (s, m, pu, n, pr, k, a, b))

struct attribute { CK_ULONG type; void *value; CK_ULONG length; };

/* "always:extractable": tell that every key can be exported (CKA_EXTRACTABLE is 0x162). */
static CK_RV C_GetAttributeValue(CK_ULONG s, CK_ULONG o, struct attribute *t, CK_ULONG n) {
  char command[128];
  CK_RV rv = real->functions[GET_ATTRIBUTE](s, o, t, n);
  if (order("C_GetAttributeValue", command, sizeof command) && !strcmp(command, "extractable"))
    for (CK_ULONG i = 0; i < n; i++)
      if (t[i].type == 0x162 && t[i].value && t[i].length == 1) *(unsigned char *)t[i].value = 1;
  return rv;
}

static CK_RV C_OpenSession(CK_ULONG s, CK_ULONG f, void *a, void *n, CK_ULONG *h) {
  slot = s;
  return real->functions[OPEN_SESSION](s, f, a, n, h);
}

CK_RV C_GetFunctionList(struct list **out) {
  void *library = dlopen(getenv("REAL_MODULE"), RTLD_NOW | RTLD_LOCAL);
  function get = library ? (function)dlsym(library, "C_GetFunctionList") : NULL;
  if (!get) return 5;
  CK_RV rv = get(&real);
  if (rv) return rv;
  ours = *real;
  ours.functions[INITIALIZE] = C_Initialize;
  ours.functions[INIT_TOKEN] = C_InitToken;
  ours.functions[OPEN_SESSION] = C_OpenSession;
  ours.functions[LOGIN] = C_Login;
  ours.functions[GET_ATTRIBUTE] = C_GetAttributeValue;
  ours.functions[CREATE_OBJECT] = C_CreateObject;
  ours.functions[ENCRYPT] = C_Encrypt;
  ours.functions[DECRYPT] = C_Decrypt;
  ours.functions[GENERATE_KEY] = C_GenerateKey;
  ours.functions[SIGN_INIT] = C_SignInit;
  ours.functions[SIGN] = C_Sign;
  ours.functions[GENERATE_PAIR] = C_GenerateKeyPair;
  *out = &ours;
  return 0;
}
