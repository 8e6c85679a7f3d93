// What Swift cannot import of OpenSSL: functions that are macros.
#ifndef RA_COPENSSL_SHIM_H
#define RA_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static inline EVP_PKEY *ra_ossl_generate_p256(void) { return EVP_EC_gen("P-256"); }

static inline int ra_ossl_set_common_name(X509_NAME *name, const char *text) {
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0);
}

static inline long ra_ossl_set_min_dtls12(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION);
}

static inline long ra_ossl_set_groups(SSL_CTX *context, const char *list) {
    return SSL_CTX_set1_groups_list(context, list);
}

static inline void ra_ossl_disable_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline uint64_t ra_ossl_endpoint_options(void) {
    return SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION;
}

static inline long ra_ossl_set_mtu(SSL *ssl, long mtu) { return SSL_set_mtu(ssl, mtu); }

/// 1 when a retransmission is armed, with the time left in `left`; 0 when none is.
static inline long ra_ossl_get_timeout(SSL *ssl, struct timeval *left) { return DTLSv1_get_timeout(ssl, left); }

/// 1 after a retransmission, 0 when it was too early, negative when the handshake has been given up.
static inline long ra_ossl_handle_timeout(SSL *ssl) { return DTLSv1_handle_timeout(ssl); }

/// The certificate that `bytes` hold in DER, owned by the caller; NULL when they hold none.
static inline X509 *ra_ossl_certificate(const unsigned char *bytes, long count) { return d2i_X509(NULL, &bytes, count); }

/// The private key that `text` holds in PEM without a password, owned by the caller; NULL when it holds none.
static inline EVP_PKEY *ra_ossl_private_key(const void *text, int count) {
    BIO *bio = BIO_new_mem_buf(text, count);
    if (!bio) return NULL;
    // Without a callback the last argument is the password: nobody is asked for one.
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
    BIO_free(bio);
    return key;
}

/// Puts a certificate between the own one and the root's, with a reference of its own; 1 when it did.
static inline long ra_ossl_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return SSL_CTX_add1_chain_cert(context, certificate);
}

static inline void ra_ossl_retry_read(BIO *bio) {
    BIO_clear_retry_flags(bio);
    BIO_set_retry_read(bio);
}

static inline void ra_ossl_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

#endif
