// libsodium (ristretto255, SHA-512, HMAC, BLAKE2b, ChaCha20-Poly1305, Argon2id); Swift imports what we use as it is.
#pragma once
#include <sodium.h>
