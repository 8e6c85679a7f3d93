// What Swift cannot import of libcurl: options with arguments of any type, and macros.
#ifndef RA_CCURL_SHIM_H
#define RA_CCURL_SHIM_H

#include <curl/curl.h>
#include <string.h>

static inline CURLcode ra_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static inline CURLcode ra_curl_set_string(CURL *curl, CURLoption option, const char *value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode ra_curl_set_number(CURL *curl, CURLoption option, long value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode ra_curl_set_list(CURL *curl, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(curl, option, value);
}

/// What is left to send; it and its bytes stay where they are until the transfer is over.
struct ra_curl_upload {
    const char *bytes;
    size_t count;
};

static inline size_t ra_curl_read_upload(char *buffer, size_t size, size_t items, void *context) {
    struct ra_curl_upload *upload = context;
    size_t count = size * items < upload->count ? size * items : upload->count;
    memcpy(buffer, upload->bytes, count);
    upload->bytes += count;
    upload->count -= count;
    return count;
}

static inline CURLcode ra_curl_set_upload(CURL *curl, struct ra_curl_upload *upload) {
    CURLcode code = curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_READFUNCTION, ra_curl_read_upload);
    if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_READDATA, upload);
    return code;
}

/// `buffer` has CURL_ERROR_SIZE bytes.
static inline CURLcode ra_curl_set_error_buffer(CURL *curl, char *buffer) {
    return curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, buffer);
}

#endif
