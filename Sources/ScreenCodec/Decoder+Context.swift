internal import CVPX

extension Decoder {
    /// libvpx's decoder.
    final class Context {
        // Unsafe: allocated in `init`, freed in `deinit`, and it does not move, as libvpx demands.
        private let codec: UnsafeMutablePointer<vpx_codec_ctx_t>

        init(threads: Int) throws(DecoderError) {
            var config = vpx_codec_dec_cfg_t(threads: UInt32(max(1, min(16, threads))), w: 0, h: 0)
            codec = .allocate(capacity: 1)
            codec.initialize(to: vpx_codec_ctx_t())
            let outcome = cvpx_vp9_decoder_init(codec, &config)
            guard outcome == VPX_CODEC_OK else {
                codec.deallocate()
                throw .codec(code: outcome.rawValue)
            }
        }

        deinit {
            vpx_codec_destroy(codec)
            codec.deallocate()
        }

        /// Decompresses a frame whose header announced this size.
        func decode(_ bytes: ArraySlice<UInt8>, width: Int, height: Int, into frame: inout Frame) throws(DecoderError) {
            try feed(bytes)
            var iterator: vpx_codec_iter_t?
            guard let image = vpx_codec_get_frame(codec, &iterator)?.pointee,
                image.fmt == VPX_IMG_FMT_I420, image.bit_depth == 8, Int(image.d_w) == width, Int(image.d_h) == height,
                let planes = ColorConversion.Planes(image)
            else { throw .malformed }
            if frame.width != width || frame.height != height { frame = Frame(width: width, height: height) }
            ColorConversion.convert(planes, to: &frame)
        }

        /// Appends a superframe index (VP9 specification, annex B) that says: one frame, as long as all the bytes.
        ///
        /// Without one, libvpx would go on to decode whatever a peer appends to a frame, whose header nobody looked at.
        private func feed(_ bytes: ArraySlice<UInt8>) throws(DecoderError) {
            guard let length = UInt32(exactly: bytes.count) else { throw .malformed }
            let marker: UInt8 = 0b110_11_000
            var superframe: [UInt8] = []
            superframe.reserveCapacity(bytes.count + 6)
            superframe += bytes
            superframe.append(marker)
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                superframe.append(UInt8(truncatingIfNeeded: length >> shift))
            }
            superframe.append(marker)
            guard let count = UInt32(exactly: superframe.count) else { throw .malformed }
            let outcome = vpx_codec_decode(codec, superframe, count, nil, 0)
            guard outcome == VPX_CODEC_OK else { throw .codec(code: outcome.rawValue) }
        }
    }
}
