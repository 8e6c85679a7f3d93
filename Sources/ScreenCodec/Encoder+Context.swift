internal import CVPX

extension Encoder {
    /// libvpx's encoder for one picture size, and the picture it reads.
    final class Context {
        let width: Int
        let height: Int

        // Unsafe: both are allocated in `init`, freed in `deinit`, and do not move, as libvpx demands.
        private let codec: UnsafeMutablePointer<vpx_codec_ctx_t>
        private let image: UnsafeMutablePointer<vpx_image_t>
        private var config: vpx_codec_enc_cfg_t

        init(width: Int, height: Int, configuration: Configuration) throws(EncoderError) {
            self.width = width
            self.height = height
            config = vpx_codec_enc_cfg_t()
            try check(cvpx_vp9_encoder_config(&config))
            config.configure(width: width, height: height, configuration)

            let codec = UnsafeMutablePointer<vpx_codec_ctx_t>.allocate(capacity: 1)
            codec.initialize(to: vpx_codec_ctx_t())
            let outcome = cvpx_vp9_encoder_init(codec, &config)
            guard outcome == VPX_CODEC_OK else {
                codec.deallocate()
                throw EncoderError.codec(code: outcome.rawValue)
            }
            guard let image = vpx_img_alloc(nil, VPX_IMG_FMT_I420, UInt32(width), UInt32(height), 32) else {
                vpx_codec_destroy(codec)
                codec.deallocate()
                throw EncoderError.codec(code: VPX_CODEC_MEM_ERROR.rawValue)
            }
            image.pointee.cs = VPX_CS_BT_709
            image.pointee.range = VPX_CR_STUDIO_RANGE
            self.codec = codec
            self.image = image
            try applyControls()
        }

        deinit {
            vpx_img_free(image)
            vpx_codec_destroy(codec)
            codec.deallocate()
        }

        func setBitrate(_ bitrate: Int) { config.setBitrate(bitrate) }

        /// Converts the rows of `frame` that changed into the picture libvpx reads.
        func load(_ frame: Frame, rows: Range<Int>) {
            guard let planes = ColorConversion.Planes(image.pointee) else { return }
            ColorConversion.convert(frame, rows: rows, to: planes)
        }

        func encode(_ quality: Quality, forceKey: Bool, timestamp: Int64) throws(EncoderError) -> [[UInt8]] {
            config.rc_min_quantizer = quality.quantizers.lowerBound
            config.rc_max_quantizer = quality.quantizers.upperBound
            try check(vpx_codec_enc_config_set(codec, &config))
            let flags = forceKey ? cvpx_force_key_frame : 0
            // One picture is told to last 1/30 s, the pace a moving screen is captured at.
            try check(vpx_codec_encode(codec, image, timestamp, 33, flags, cvpx_deadline_realtime))
            var frames: [[UInt8]] = []
            var iterator: vpx_codec_iter_t?
            while let packet = vpx_codec_get_cx_data(codec, &iterator) {
                guard packet.pointee.kind == VPX_CODEC_CX_FRAME_PKT else { continue }
                // Unsafe: libvpx owns the bytes until the next call; they are copied here.
                let bytes = UnsafeRawBufferPointer(start: cvpx_frame_bytes(packet), count: cvpx_frame_count(packet))
                frames.append([UInt8](bytes))
            }
            return frames
        }

        private func applyControls() throws(EncoderError) {
            let controls: [(vp8e_enc_control_id, Int32)] = [
                // The fastest that still looks for motion, which scrolling needs.
                (VP8E_SET_CPUUSED, 7),
                (VP9E_SET_TUNE_CONTENT, Int32(VP9E_CONTENT_SCREEN.rawValue)),
                (VP9E_SET_COLOR_SPACE, Int32(VPX_CS_BT_709.rawValue)),
                (VP9E_SET_COLOR_RANGE, Int32(VPX_CR_STUDIO_RANGE.rawValue)),
                (VP8E_SET_ENABLEAUTOALTREF, 0),
                (VP9E_SET_ROW_MT, 1),
                // Two columns of tiles, as logarithm.
                (VP9E_SET_TILE_COLUMNS, 1),
                (VP9E_SET_FRAME_PARALLEL_DECODING, 0),
                (VP9E_SET_AQ_MODE, 0),
                (VP9E_SET_NOISE_SENSITIVITY, 0),
            ]
            for (control, value) in controls {
                try check(cvpx_control(codec, Int32(control.rawValue), value))
            }
        }
    }
}

private func check(_ outcome: vpx_codec_err_t) throws(EncoderError) {
    guard outcome == VPX_CODEC_OK else { throw .codec(code: outcome.rawValue) }
}

extension vpx_codec_enc_cfg_t {
    fileprivate mutating func configure(width: Int, height: Int, _ configuration: Encoder.Configuration) {
        g_w = UInt32(width)
        g_h = UInt32(height)
        g_threads = UInt32(max(1, min(16, configuration.threads)))
        g_profile = 0
        g_timebase = vpx_rational_t(num: 1, den: 1_000)
        g_pass = VPX_RC_ONE_PASS
        g_lag_in_frames = 0
        // The path below is reliable, so every picture may lean on the one before.
        g_error_resilient = 0
        kf_mode = VPX_KF_DISABLED
        rc_end_usage = VPX_CBR
        rc_dropframe_thresh = 0
        rc_resize_allowed = 0
        rc_undershoot_pct = 50
        rc_overshoot_pct = 50
        // Milliseconds of stream at the target bitrate.
        rc_buf_sz = 1_000
        rc_buf_initial_sz = 500
        rc_buf_optimal_sz = 600
        setBitrate(configuration.bitrate)
    }

    fileprivate mutating func setBitrate(_ bitrate: Int) {
        rc_target_bitrate = UInt32(max(50, min(100_000, bitrate / 1_000)))
    }
}

extension ColorConversion.Planes {
    init?(_ image: vpx_image_t) {
        guard let y = image.planes.0, let u = image.planes.1, let v = image.planes.2 else { return nil }
        self.init(
            y: y, u: u, v: v, yStride: Int(image.stride.0), uStride: Int(image.stride.1), vStride: Int(image.stride.2))
    }
}
