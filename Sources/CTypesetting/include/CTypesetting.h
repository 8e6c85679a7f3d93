// Lines of text and boxes drawn into memory: any script, in the fonts of this computer, by Pango and Cairo. Their own headers,
// which bring GLib's, stay behind this one: they are no business of Swift's. Fonts are looked up once for each thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/// Where to draw: rows of `width` pixels, 0xRRGGBB each.
struct ra_canvas {
    uint32_t *pixels;
    int width;
    int height;
};

struct ra_box {
    int x;
    int y;
    int width;
    int height;
};

struct ra_ink {
    /// Pixels that a line's letters are high, about.
    int size;
    bool bold;
    /// 0xRRGGBB.
    uint32_t color;
};

/// Pixels that a line of UTF-8 is wide.
int ra_text_width(const char *text, struct ra_ink ink);

/// Draws a line in the middle of a box's height, at its left or in the middle of its width; what is too long for it ends in "…",
/// and nothing of it, accents that pile up included, comes out of the box.
void ra_text_draw(struct ra_canvas canvas, struct ra_box box, const char *text, struct ra_ink ink, bool centred);

/// Fills a box whose corners are rounded.
void ra_box_fill(struct ra_canvas canvas, struct ra_box box, int radius, uint32_t color);
