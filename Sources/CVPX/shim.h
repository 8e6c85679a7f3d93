// What Swift cannot import from libvpx: macros that carry the ABI version, and variadic controls.
#ifndef CVPX_SHIM_H
#define CVPX_SHIM_H

#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

static inline vpx_codec_err_t cvpx_vp9_encoder_config(vpx_codec_enc_cfg_t *config) {
    return vpx_codec_enc_config_default(vpx_codec_vp9_cx(), config, 0);
}

static inline vpx_codec_err_t cvpx_vp9_encoder_init(vpx_codec_ctx_t *context, const vpx_codec_enc_cfg_t *config) {
    return vpx_codec_enc_init_ver(context, vpx_codec_vp9_cx(), config, 0, VPX_ENCODER_ABI_VERSION);
}

static inline vpx_codec_err_t cvpx_vp9_decoder_init(vpx_codec_ctx_t *context, const vpx_codec_dec_cfg_t *config) {
    return vpx_codec_dec_init_ver(context, vpx_codec_vp9_dx(), config, 0, VPX_DECODER_ABI_VERSION);
}

// Every control used here takes an int (or an enum of its size).
static inline vpx_codec_err_t cvpx_control(vpx_codec_ctx_t *context, int control, int value) {
    return vpx_codec_control_(context, control, value);
}

// A packet's frame is a member of an anonymous union.
static inline const void *cvpx_frame_bytes(const vpx_codec_cx_pkt_t *packet) { return packet->data.frame.buf; }
static inline size_t cvpx_frame_count(const vpx_codec_cx_pkt_t *packet) { return packet->data.frame.sz; }

static const vpx_enc_frame_flags_t cvpx_force_key_frame = VPX_EFLAG_FORCE_KF;
static const unsigned long cvpx_deadline_realtime = VPX_DL_REALTIME;

#endif
