// OpenSSL's libcrypto as the system has it. The plain SHA-256 calls are marked as old since 3.0 and are what an
// append-only log wants: no allocation and no look-up for each of millions of hashes.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
