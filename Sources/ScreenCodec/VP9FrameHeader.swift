/// The front of a VP9 frame, read before libvpx sees it: what it shows and how large it says the picture is.
///
/// VP9 bitstream specification 6.2, `uncompressed_header`. Frames may name a size of their own that is not a key
/// frame's, so looking at key frames alone would not bound what a peer makes us allocate.
struct VP9FrameHeader: Equatable {
    enum Kind: Equatable {
        case key(width: Int, height: Int)
        /// Takes its size from a picture before it.
        case inter
    }

    let kind: Kind

    /// Nil for whatever `Encoder` does not write: profiles other than 0, intra-only frames, frames that show an earlier
    /// one again, frames that stay hidden, and frames between key frames that change the size.
    init?(_ bytes: ArraySlice<UInt8>) {
        var bits = BitReader(bytes)
        guard bits.read(2) == 2, bits.read(2) == 0,  // frame_marker, profile 0
            bits.readFlag() == false,  // show_existing_frame
            let isInter = bits.readFlag(),  // frame_type
            bits.readFlag() == true,  // show_frame
            let isErrorResilient = bits.readFlag()
        else { return nil }
        if isInter {
            // reset_frame_context; intra_only is there only for hidden frames
            if !isErrorResilient { guard bits.read(2) != nil else { return nil } }
            // refresh_frame_flags, and three times ref_frame_idx and ref_frame_sign_bias
            guard bits.read(8 + 3 * 4) != nil else { return nil }
            // found_ref: the size of one of the three
            guard bits.readFlag() == true || bits.readFlag() == true || bits.readFlag() == true else { return nil }
            kind = .inter
        } else {
            guard bits.read(24) == 0x49_83_42,  // frame_sync_code
                let colorSpace = bits.read(3), colorSpace != 7, bits.read(1) != nil,  // sRGB needs profile 1; color_range
                let width = bits.read(16), let height = bits.read(16)
            else { return nil }
            kind = .key(width: Int(width) + 1, height: Int(height) + 1)
        }
    }
}
